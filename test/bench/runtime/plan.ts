import type { Precision } from "../../../sidecar/dev/model-artifact.ts";

/** How much is measured. */
export interface Plan {
	/** How often the sides take turns. */
	rounds: number;
	/** The same for what takes long. */
	fewRounds: number;
	/** Texts of a round that one client sends, and of the one before that does not count. */
	single: number;
	singleBefore: number;
	/** What ends that round, milliseconds. */
	singleBeforeMs: number;
	/** Texts of a round that 32 clients send; fp32 takes about twice as long as int8. */
	many: Record<Precision, number>;
	/** A round of requests without a fixed number, milliseconds. */
	roundMs: number;
	/** What ends a round of a fixed number early, where the machine is slow, milliseconds. */
	longestMs: number;
	/** Texts that are repeated. */
	repeated: number;
	glosses: number;
	paragraphs: number;
}

export const precisions: readonly Precision[] = ["fp32", "int8"];

export const wholePlan: Plan = {
	rounds: 4,
	fewRounds: 3,
	single: 300,
	singleBefore: 6_000,
	singleBeforeMs: 20_000,
	many: { fp32: 1_000, int8: 2_000 },
	roundMs: 3_000,
	longestMs: 12_000,
	repeated: 10_000,
	glosses: 2_000,
	paragraphs: 300,
};

export const quickPlan: Plan = {
	rounds: 2,
	fewRounds: 1,
	single: 100,
	singleBefore: 500,
	singleBeforeMs: 3_000,
	many: { fp32: 400, int8: 800 },
	roundMs: 1_500,
	longestMs: 4_000,
	repeated: 1_000,
	glosses: 400,
	paragraphs: 40,
};
