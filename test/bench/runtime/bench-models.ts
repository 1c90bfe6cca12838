import { pino } from "pino";
import {
	fetchMiniLm,
	type Precision,
} from "../../../sidecar/dev/model-artifact.ts";
import type { TextEmbeddingSpec } from "../../../sidecar/runtime/model-spec.ts";
import { Runtime } from "../../../sidecar/runtime/runtime.ts";
import { unpackedModel } from "../../helpers/unpacked-model.ts";
import type { Ending } from "../ending.ts";

/** The window of MiniLM's graph, tokens; its tokenizer.json would cut at 128. */
const window = 512;

/** all-MiniLM-L6-v2 in a folder that is removed in the end, with two allocations of one thread. */
export async function benchMiniLm(
	precision: Precision,
	{ ending, report }: { ending: Ending; report: (line: string) => void },
): Promise<TextEmbeddingSpec> {
	const artifact = await fetchMiniLm({ precision, report });
	const folder = await ending.temporaryFolder();
	return { ...(await unpackedModel(artifact, folder)), maxLength: window };
}

/** The sidecar's runtime in this process; its models are in processes of their own. Closed in the end. */
export function benchRuntime(ending: Ending): Runtime {
	const runtime = new Runtime({
		logger: pino({ level: "silent" }),
		startTimeoutMs: 120_000,
	});
	ending.add(() => runtime.close());
	return runtime;
}
