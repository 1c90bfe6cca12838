import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

const sampleMs = 150;

/** The share of all processors' time that may be in use on a machine at rest. */
const restingShare = 0.1;

/**
 * Waits before a load until the machine is at rest: what another server still does after its own load, or somebody else,
 * would be in the figures.
 */
export class Rest {
	readonly #mostMs: number;
	#waits = 0;
	#missed = 0;

	/** @param mostMs a machine that is busy for longer than this is measured nevertheless */
	constructor(mostMs: number) {
		this.#mostMs = mostMs;
	}

	async wait(): Promise<void> {
		const start = performance.now();
		this.#waits++;
		while (performance.now() - start < this.#mostMs)
			if ((await busyShare()) < restingShare) return;
		this.#missed++;
	}

	/** How often it was of use. */
	toString(): string {
		return `the machine was busy with something else before ${this.#missed} of ${this.#waits} loads`;
	}
}

async function busyShare(): Promise<number> {
	const before = processorTimes();
	await wait(sampleMs);
	const after = processorTimes();
	const all = after.all - before.all;
	return all > 0 ? 1 - (after.idle - before.idle) / all : 0;
}

/** Of all processors together since they were started, milliseconds. */
function processorTimes(): { idle: number; all: number } {
	let [idle, all] = [0, 0];
	for (const { times } of cpus()) {
		idle += times.idle;
		for (const time of Object.values(times)) all += time;
	}
	return { idle, all };
}
