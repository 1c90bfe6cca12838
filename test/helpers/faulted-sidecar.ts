import { inject } from "vitest";
import type { Settings } from "../../schemas/settings.ts";
import {
	type FaultyOpenSearch,
	startFaultyOpenSearch,
} from "./faulty-opensearch.ts";
import {
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "./sidecar.ts";

/** A sidecar with a model, before an OpenSearch that fails when it is told to. */
export interface FaultedSidecar {
	faulty: FaultyOpenSearch;
	sidecar: TestSidecar;
	/** One allocation of all-MiniLM-L6-v2. */
	model: string;
	end(): Promise<void>;
}

export async function startFaultedSidecar(
	settings: Partial<Settings> = {},
): Promise<FaultedSidecar> {
	const faulty = await startFaultyOpenSearch();
	const sidecar = await startSidecar({
		OPENSEARCH_URL: faulty.url,
		SIDECAR_MODEL_ALLOCATIONS: 1,
		...settings,
	});
	const model = await deployMiniLm(sidecar, inject("minilm").int8);
	return {
		faulty,
		sidecar,
		model,
		async end() {
			await removeModel(sidecar, model);
			await sidecar.close();
			faulty.close();
		},
	};
}
