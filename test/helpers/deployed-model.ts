import type { IngestModel } from "./ingest-cases/models.ts";
import {
	deploy,
	miniLmMeta,
	registerModel,
	type TestSidecar,
	textAt,
} from "./sidecar.ts";

/** Registers and deploys a model of recorded cases. @returns its id */
export async function deployCaseModel(
	sidecar: TestSidecar,
	{ archive, config, functionName }: IngestModel,
): Promise<string> {
	const { model_config: _, ...meta } = miniLmMeta(archive);
	const id = await registerModel(sidecar, archive, {
		...meta,
		function_name: functionName,
		...(config && { model_config: config }),
	});
	const task = await deploy(sidecar, id);
	if (textAt(task, "state") === "COMPLETED") return id;
	throw new Error(JSON.stringify(task));
}
