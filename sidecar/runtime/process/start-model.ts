import { dirname, join } from "node:path";
import { SidecarError } from "../../errors.ts";
import { refusalOf } from "../messages.ts";
import type { ModelInput } from "../model-result.ts";
import type { ModelFacts, ModelSpec } from "../model-spec.ts";
import {
	type StartedModel as PreparedOrNot,
	startPrepared,
} from "../preparation/prepared-model.ts";
import { TextTokenizer } from "../tokenizer.ts";
import { cannotRun } from "../window-trial.ts";
import { alone } from "./grouping.ts";
import type { InferenceWorker } from "./inference-worker.ts";
import { type LoneCheck, recordCheck } from "./lone-check.ts";
import type { Runner } from "./runner.ts";
import { readIdf, TokenWeights } from "./token-weights.ts";

/** A model that is ready to run. */
export interface StartedModel {
	tokenizer: TextTokenizer;
	/** The first allocation. */
	runner: Runner;
	/** What it was started from. */
	start: Omit<PreparedOrNot<unknown>, "loaded">;
	/** What a session of more threads has to make of some inputs; undefined where there is to be none. */
	check: LoneCheck | undefined;
	facts: ModelFacts;
}

/**
 * The longest text that is run at the start, tokens: more than the 512 positions that most models have, so that
 * a window they do not have is found. Attention's time and memory grow with the square of a text's length, which
 * is why a longer window is tried without a text.
 */
const longestWarmUp = 640;

/**
 * Loads a model's first allocation, and runs it once. Throws `bad_request` where its files are not those of its
 * function, or do not fit together.
 *
 * @param worker without a model yet
 */
export async function startModel(
	spec: ModelSpec,
	worker: InferenceWorker,
): Promise<StartedModel> {
	return isTokenizer(spec)
		? startTokenizer(spec, worker)
		: startGraph(spec, worker);
}

function isTokenizer({ functionName }: ModelSpec): boolean {
	return functionName === "SPARSE_TOKENIZE";
}

/** Needs no thread of its own: its runs take microseconds. */
async function startTokenizer(
	spec: ModelSpec,
	worker: InferenceWorker,
): Promise<StartedModel> {
	const folder = dirname(spec.tokenizerPath);
	const [tokenizer, idf] = await Promise.all([
		TextTokenizer.fromFile(spec.tokenizerPath, spec.maxLength),
		readIdf(join(folder, "idf.json")),
		worker.end(),
	]);
	const vocabulary = await tokenizer.vocabulary();
	const { window } = tokenizer;
	return {
		tokenizer,
		runner: new TokenWeights(vocabulary, idf),
		start: { graph: { form: "original" }, grouping: alone, isPrepared: true },
		check: undefined,
		facts: { window, inputs: [], outputs: [], vocabulary },
	};
}

async function startGraph(
	spec: ModelSpec,
	worker: InferenceWorker,
): Promise<StartedModel> {
	const pairs = readsPairs(spec);
	const isSparse = spec.functionName === "SPARSE_ENCODING";
	let tokenizing: Promise<TextTokenizer> | undefined;
	const { loaded, ...start } = await startPrepared(spec, async (graph) => {
		// In this order: the tokenizer is parsed on this thread, while the worker loads.
		const loading = worker.load(spec, graph);
		tokenizing ??= TextTokenizer.fromFile(spec.tokenizerPath, spec.maxLength, {
			pairs,
		});
		const [read, tokenizer] = await Promise.all([loading, tokenizing]);
		if (isSparse) checkVocabulary(read.width, tokenizer.vocabularySize);
		await warmUp(worker, tokenizer, pairs);
		return { ...read, tokenizer };
	});
	const { inputs, outputs, tokenizer } = loaded;
	return {
		tokenizer,
		runner: worker,
		start,
		check: await checkOf(spec, worker, tokenizer),
		facts: {
			window: tokenizer.window,
			inputs,
			outputs,
			...(isSparse && { vocabulary: await tokenizer.vocabulary() }),
		},
	};
}

async function checkOf(
	{ loneThreads = 0, threadsPerAllocation }: ModelSpec,
	worker: InferenceWorker,
	{ window, vocabularySize: vocabulary }: TextTokenizer,
): Promise<LoneCheck | undefined> {
	if (loneThreads <= threadsPerAllocation) return undefined;
	try {
		return await recordCheck(worker, { vocabulary, window });
	} catch (error) {
		// Of a tokenizer with more tokens than the graph the texts that come can be run, and any token can not.
		console.error(
			`texts that come alone get no threads of their own: ${refusalOf(error).reason}`,
		);
		return undefined;
	}
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

/** Runs an input, and tries the window: a model with fewer positions than that is found now, not later. */
async function warmUp(
	worker: InferenceWorker,
	tokenizer: TextTokenizer,
	pairs: boolean,
): Promise<void> {
	const text = "sentence ".repeat(Math.min(tokenizer.window, longestWarmUp));
	const input: ModelInput = pairs ? ["question", text] : text;
	const { ids, typeIds } = await tokenizer.encode(input);
	// A word may have many tokens.
	const count = Math.min(ids.length, longestWarmUp);
	try {
		await worker.run([
			{ ids: ids.slice(0, count), typeIds: typeIds.slice(0, count) },
		]);
	} catch (cause) {
		throw cannotRun(count, tokenizer.window, cause);
	}
	await worker.tryWindow(tokenizer.window, count);
}
