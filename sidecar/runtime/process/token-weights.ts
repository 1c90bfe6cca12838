import { readFile } from "node:fs/promises";
import { SidecarError } from "../../errors.ts";
import type { WeightsOutput } from "../model-result.ts";
import type { Tokens } from "../session.ts";
import type { Runner, TimedOutputs } from "./runner.ts";

/** The weight of a token of which idf.json says nothing, as in ml-commons. */
const defaultWeight = 1;

/** Runs a model that is a tokenizer alone: the weights of an input's tokens, each once, special ones left out. */
export class TokenWeights implements Runner {
	readonly threads = 1;
	readonly #vocabulary: readonly string[];
	/** By id. */
	readonly #weights: Float32Array;

	/** `vocabulary` is what each id reads as; `idf` the weights of some of these readings. */
	constructor(vocabulary: readonly string[], idf: ReadonlyMap<string, number>) {
		this.#vocabulary = vocabulary;
		this.#weights = Float32Array.from(
			vocabulary,
			(token) => idf.get(token) ?? defaultWeight,
		);
	}

	async run(inputs: readonly Tokens[]): Promise<TimedOutputs> {
		const start = performance.now();
		const outputs = inputs.map((input) => this.#weigh(input));
		const micros = Math.round((performance.now() - start) * 1_000);
		return { outputs, micros, elapsedMicros: micros };
	}

	#weigh({ ids }: Tokens): WeightsOutput {
		const distinct = Int32Array.from(new Set(ids)).filter(
			(id) => (this.#vocabulary[id] ?? "") !== "",
		);
		const weights = Float32Array.from(
			distinct,
			(id) => this.#weights[id] ?? defaultWeight,
		);
		return { kind: "weights", ids: distinct, weights };
	}
}

/** The weights in an idf.json; none where there is no such file. Throws `bad_request` for a file that is no such. */
export async function readIdf(path: string): Promise<Map<string, number>> {
	const json = await readFile(path, "utf8").catch(missing);
	if (json === undefined) return new Map();
	const entries = Object.entries(parse(json));
	return new Map(
		entries.map(([token, weight]) => {
			if (typeof weight === "number" && Number.isFinite(Math.fround(weight))) {
				return [token, weight];
			}
			throw new SidecarError(
				"bad_request",
				`idf.json has no number for ${JSON.stringify(token)}`,
			);
		}),
	);
}

function parse(json: string): object {
	try {
		const parsed: unknown = JSON.parse(json);
		if (
			typeof parsed === "object" &&
			parsed !== null &&
			!Array.isArray(parsed)
		) {
			return parsed;
		}
	} catch (cause) {
		throw new SidecarError("bad_request", "idf.json is not JSON", { cause });
	}
	throw new SidecarError("bad_request", "idf.json holds no object");
}

function missing(error: unknown): undefined {
	const code =
		error instanceof Error && "code" in error ? error.code : undefined;
	if (code !== "ENOENT") throw error;
	return undefined;
}
