import type { RunOutput } from "../model-result.ts";
import { probeInputs, sameBytes } from "../preparation/probe-inputs.ts";
import type { Tokens } from "../session.ts";
import type { Runner } from "./runner.ts";

/** Lengths at which results are compared, tokens; a text of the last one takes some milliseconds. */
const lengths = [3, 8, 21, 48];

/** What is known of these lengths is known of those between them, and of none that is longer. */
export const longestChecked = 48;

/** What a model makes of some inputs, so that it can be seen whether another session makes the same of them. */
export interface LoneCheck {
	inputs: readonly Tokens[];
	outputs: readonly RunOutput[];
}

/** @param vocabulary ids below this one are tokens */
export async function recordCheck(
	runner: Runner,
	{ vocabulary, window }: { vocabulary: number; window: number },
): Promise<LoneCheck> {
	const possible = new Set(lengths.map((length) => Math.min(length, window)));
	const inputs = [...possible].flatMap((length) =>
		probeInputs(1, length, vocabulary),
	);
	return { inputs, outputs: await runEach(runner, inputs) };
}

/** Whether a runner makes of every input what was recorded, bit for bit; nothing recorded proves nothing. */
export async function passes(
	runner: Runner,
	{ inputs, outputs }: LoneCheck,
): Promise<boolean> {
	const found = await runEach(runner, inputs);
	return (
		outputs.length > 0 &&
		outputs.every((output, index) => isSame(output, found[index]))
	);
}

async function runEach(
	runner: Runner,
	inputs: readonly Tokens[],
): Promise<RunOutput[]> {
	const outputs: RunOutput[] = [];
	for (const input of inputs)
		outputs.push(...(await runner.run([input])).outputs);
	return outputs;
}

function isSame(some: RunOutput, other: RunOutput | undefined): boolean {
	if (some.kind === "vector" && other?.kind === "vector")
		return sameBytes(some.vector, other.vector);
	if (some.kind === "weights" && other?.kind === "weights")
		return (
			sameBytes(some.ids, other.ids) && sameBytes(some.weights, other.weights)
		);
	return (
		some.kind === "span" &&
		other?.kind === "span" &&
		some.start === other.start &&
		some.end === other.end
	);
}
