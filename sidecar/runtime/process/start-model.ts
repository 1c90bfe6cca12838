import { dirname, join } from "node:path";
import { SidecarError } from "../../errors.ts";
import { refusalOf } from "../messages.ts";
import type { ModelInput } from "../model-result.ts";
import type { ModelFacts, ModelSpec } from "../model-spec.ts";
import { TextTokenizer } from "../tokenizer.ts";
import { InferenceWorker } from "./inference-worker.ts";
import type { Runner } from "./runner.ts";
import { readIdf, TokenWeights } from "./token-weights.ts";

/** A model that is ready to run. */
export interface StartedModel {
	tokenizer: TextTokenizer;
	runners: readonly Runner[];
	facts: ModelFacts;
}

/**
 * The longest text that is run at the start, tokens: more than the 512 positions that most models have, so that
 * a window they do not have is found. Attention's memory grows with the square of a text's length, which is
 * why a window of some thousand tokens is not tried out.
 */
const longestWarmUp = 640;

/**
 * Loads a model and runs it once. Throws `bad_request` where its files are not those of its function, or do not
 * fit together.
 */
export async function startModel(spec: ModelSpec): Promise<StartedModel> {
	return spec.functionName === "SPARSE_TOKENIZE"
		? startTokenizer(spec)
		: startGraph(spec);
}

/** Needs no thread of its own: its runs take microseconds. */
async function startTokenizer(spec: ModelSpec): Promise<StartedModel> {
	const folder = dirname(spec.tokenizerPath);
	const [tokenizer, idf] = await Promise.all([
		TextTokenizer.fromFile(spec.tokenizerPath, spec.maxLength),
		readIdf(join(folder, "idf.json")),
	]);
	const vocabulary = await tokenizer.vocabulary();
	const { window } = tokenizer;
	return {
		tokenizer,
		runners: [new TokenWeights(vocabulary, idf)],
		facts: { window, inputs: [], outputs: [], vocabulary },
	};
}

async function startGraph(spec: ModelSpec): Promise<StartedModel> {
	const pairs = readsPairs(spec);
	const [tokenizer, first, ...others] = await Promise.all([
		TextTokenizer.fromFile(spec.tokenizerPath, spec.maxLength, { pairs }),
		InferenceWorker.start(spec),
		...Array.from({ length: spec.allocations - 1 }, () =>
			InferenceWorker.start(spec),
		),
	]);
	const isSparse = spec.functionName === "SPARSE_ENCODING";
	if (isSparse) checkVocabulary(first.width, tokenizer.vocabularySize);
	await warmUp(first, tokenizer, pairs);
	return {
		tokenizer,
		runners: [first, ...others],
		facts: {
			window: tokenizer.window,
			inputs: [...first.inputs],
			outputs: [...first.outputs],
			...(isSparse && { vocabulary: await tokenizer.vocabulary() }),
		},
	};
}

function readsPairs({ functionName }: ModelSpec): boolean {
	return (
		functionName === "TEXT_SIMILARITY" || functionName === "QUESTION_ANSWERING"
	);
}

/** Exporters round a vocabulary up, so a graph may have more weights than there are tokens. */
function checkVocabulary(width: number, tokens: number): void {
	if (width < tokens) {
		throw new SidecarError(
			"bad_request",
			`model output has ${width} weights, but tokenizer.json has ${tokens} tokens: they do not belong together`,
		);
	}
}

/** Runs an input as long as the window: a model with fewer positions than that is found now, not later. */
async function warmUp(
	worker: InferenceWorker,
	tokenizer: TextTokenizer,
	pairs: boolean,
): Promise<void> {
	const text = "sentence ".repeat(Math.min(tokenizer.window, longestWarmUp));
	const input: ModelInput = pairs ? ["question", text] : text;
	const tokens = await tokenizer.encode(input);
	const count = tokens.ids.length;
	try {
		await worker.run(tokens);
	} catch (cause) {
		const { reason } = refusalOf(cause);
		throw new SidecarError(
			"bad_request",
			`the model cannot run a text of ${count} tokens, and its window is ${tokenizer.window}: ${reason}`,
			{ cause },
		);
	}
}
