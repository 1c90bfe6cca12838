import type { Precision } from "../../../sidecar/dev/model-artifact.ts";

/** How much is searched. Searches are a round's, unless something else is said. */
export interface SearchPlan {
	/** Documents that are searched. */
	documents: number;
	/** How often the sides take turns with one client: short rounds, so that noise hits both. */
	shortRounds: number;
	/** Searches of one client. */
	single: number;
	/** Searches before one client is measured that do not count, and what ends them, milliseconds. */
	singleBefore: number;
	singleBeforeMs: number;
	/** How often the sides take turns with many clients. */
	rounds: number;
	/** Searches of many clients; fp32 takes about twice as long as int8. */
	many: Record<Precision, number>;
	/** Texts that are repeated, which nobody has searched for before the round. */
	repeated: number;
	/** Searches for them. */
	draws: number;
	/** What ends a round of a fixed number early, where the machine is slow, milliseconds. */
	longestMs: number;
	/** How often the ways to OpenSearch take turns with searches that need nothing, and before that without counting. */
	plainRounds: number;
	plainRoundsBefore: number;
	/** Searches that need nothing. */
	plain: number;
	/** What the machine is given to come to rest before a load, milliseconds. */
	restMs: number;
}

/** Hits that are asked for, and the `k` of a query. */
export const hitsAsked = 10;

/** Clients of a server under load. */
export const manyClients = 16;

export const wholeSearchPlan: SearchPlan = {
	documents: 20_000,
	shortRounds: 12,
	single: 100,
	singleBefore: 4_000,
	singleBeforeMs: 20_000,
	rounds: 4,
	many: { fp32: 800, int8: 1_600 },
	repeated: 2_000,
	draws: 3_000,
	longestMs: 12_000,
	plainRounds: 40,
	plainRoundsBefore: 15,
	plain: 100,
	restMs: 3_000,
};

export const quickSearchPlan: SearchPlan = {
	documents: 2_000,
	shortRounds: 3,
	single: 50,
	singleBefore: 300,
	singleBeforeMs: 3_000,
	rounds: 1,
	many: { fp32: 200, int8: 400 },
	repeated: 300,
	draws: 450,
	longestMs: 4_000,
	plainRounds: 8,
	plainRoundsBefore: 4,
	plain: 50,
	restMs: 300,
};

/** Searches whose hits are compared before anything is measured. */
export const comparedSearches = 20;

/** Texts that a model gets, each for the first time. */
export function textsNeeded(plan: SearchPlan): number {
	const { shortRounds, single, singleBefore, rounds, many, repeated } = plan;
	const alone = comparedSearches + singleBefore + shortRounds * single;
	// Alone are neural searches, and hybrid ones.
	return 2 * alone + rounds * (many.int8 + repeated);
}
