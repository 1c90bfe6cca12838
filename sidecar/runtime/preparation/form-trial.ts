import {
	type Probed,
	probeInputs,
	sameBits,
	type TokenRange,
} from "./probe-inputs.ts";
import { processorMs } from "./processor-time.ts";

/** Lengths at which the forms of a model are compared, tokens. */
const lengths = [3, 8, 21, 64, 128];

/** Runs at each length; the quickest counts. */
const runs = 3;

/** Time after which no other length is begun, milliseconds. */
const budgetMs = 500;

/** A form that takes so much more time at every length is slower: less can't be told from chance. */
const tolerance = 1.15;

/** What a model made of some inputs, and in which time. */
export interface FormTrial {
	/** By length, then by output. */
	values: Float32Array[][];
	/** The quickest run of each length, milliseconds. */
	times: number[];
}

/** Runs one form of a model. */
export async function tryForm(
	model: Probed,
	{ vocabulary, window }: TokenRange,
): Promise<FormTrial> {
	const trial: FormTrial = { values: [], times: [] };
	const end = performance.now() + budgetMs;
	for (const length of lengths) {
		if (length > window || performance.now() > end) break;
		const inputs = probeInputs(1, length, vocabulary);
		let quickest = Number.POSITIVE_INFINITY;
		let values: Float32Array[] = [];
		for (let run = 0; run < runs; run++) {
			const start = processorMs();
			[values = []] = await model.values(inputs);
			quickest = Math.min(quickest, processorMs() - start);
		}
		trial.values.push(values);
		trial.times.push(quickest);
	}
	return trial;
}

/** Why a form can't take the place of the one that a model came in; undefined if it can. */
export function faultOf(
	form: FormTrial,
	original: FormTrial,
): string | undefined {
	// One of them may have been stopped earlier.
	const compared = Math.min(form.values.length, original.values.length);
	if (compared === 0) return "it could not be compared";
	for (let index = 0; index < compared; index++) {
		if (!sameBits(form.values[index], original.values[index]))
			return "its values are not the same bits";
	}
	const ratios = form.times
		.slice(0, compared)
		.map((time, index) => time / (original.times[index] ?? time));
	const least = Math.min(...ratios);
	return least > tolerance
		? `it takes at least ${least.toFixed(2)} times as long as the original`
		: undefined;
}
