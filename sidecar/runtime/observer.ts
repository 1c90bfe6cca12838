import type { Lane } from "./lanes.ts";

/** One input that a model has run, and where its time went, seconds. */
export interface ObservedRun {
	modelId: string;
	lane: Lane;
	tokens: number;
	truncated: boolean;
	/** From its arrival until something was done with it, and between one thing and the next. */
	queued: number;
	tokenizing: number;
	/** Of its run, which it may have shared. */
	running: number;
	/** From its arrival to its answer. */
	total: number;
	/** Inputs of that run. */
	batch: number;
}

/** Why an input was not run: turned away on arrival, too late, not wanted any more, or the model's fault. */
export const lossReasons = [
	"rejected",
	"expired",
	"cancelled",
	"failed",
] as const;

export type LossReason = (typeof lossReasons)[number];

/** Is told what happens to inputs, whichever model they are for. */
export interface RuntimeObserver {
	ran(run: ObservedRun): void;
	lost(modelId: string, lane: Lane, reason: LossReason, inputs: number): void;
	/** Inputs that were answered without a run of their own: by a result that was kept, or by an equal input's run. */
	spared(modelId: string, lane: Lane, how: "kept" | "shared"): void;
	restarted(modelId: string): void;
	/** The model has left memory: nothing more comes from it. */
	gone(modelId: string): void;
}

/** Tells nobody. */
export const unobserved: RuntimeObserver = {
	ran: () => undefined,
	lost: () => undefined,
	spared: () => undefined,
	restarted: () => undefined,
	gone: () => undefined,
};
