import { SidecarError } from "../errors.ts";
import { readCommandLine } from "./command-line.ts";
import { fetchMiniLm } from "./model-artifact.ts";
import type { WantedModel } from "./quick-start.ts";
import { modelName, readArchive } from "./quick-start-model.ts";

export const startUsage = `Starts OpenSearch and the sidecar, indexes 5,000 nouns of WordNet by meaning, and searches them.

  npm start [-- options]

  --once           end after the searches; the exit code says whether they worked
  --model FILE     an ONNX model's zip (one .onnx and tokenizer.json) instead of all-MiniLM-L6-v2
  --dimension N    numbers in that model's vectors (384)
  --help           this text

  SIDECAR_HOST, SIDECAR_PORT   where the sidecar listens (127.0.0.1, 9400)
  OPENSEARCH_URL               an OpenSearch to use; without it one is started, on
  OPENSEARCH_PORT              this port (9200)
  DEBUG=1                      errors with everything about them
`;

/** What `npm start` is asked for. */
export interface StartOptions {
	once: boolean;
	model: WantedModel;
}

/**
 * The options out of the command line; undefined if it asks for help.
 *
 * @throws SidecarError `bad_request` that says what is wrong with them.
 */
export async function readOptions(
	argv: string[],
): Promise<StartOptions | undefined> {
	const { values } = readCommandLine({
		args: argv,
		options: {
			once: { type: "boolean", default: false },
			model: { type: "string" },
			dimension: { type: "string", default: "384" },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) return undefined;
	const dimension = Number(values.dimension);
	if (!Number.isInteger(dimension) || dimension < 1) {
		throw new SidecarError(
			"bad_request",
			`--dimension must be a whole number of 1 or more, not "${values.dimension}"`,
		);
	}
	return {
		once: values.once,
		model:
			values.model === undefined
				? defaultModel
				: await modelFile(values.model, dimension),
	};
}

const defaultModel: WantedModel = {
	name: "all-MiniLM-L6-v2-int8",
	dimension: 384,
	fetch: (report) => fetchMiniLm({ precision: "int8", report }),
};

async function modelFile(
	path: string,
	dimension: number,
): Promise<WantedModel> {
	const archive = await readArchive(path);
	return {
		name: modelName(path),
		dimension,
		sha256: archive.sha256,
		fetch: async () => archive,
	};
}
