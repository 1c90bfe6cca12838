import { EventEmitter, once, setMaxListeners } from "node:events";
import type { Logger } from "pino";
import { SidecarError } from "../../errors.ts";
import { type Claim, MemoryBudget, type Shortage } from "./memory-budget.ts";
import { type MeasuredModel, MemoryMeter } from "./memory-meter.ts";
import { memoryNeed } from "./memory-need.ts";

/** A model, as far as its memory is concerned. */
export interface Resident extends MeasuredModel {
	/** Whether it has inputs that wait or run. */
	readonly isBusy: boolean;
	/** Takes it out of memory, once it has answered what it has been given. Its claim is to be released then. */
	evict(): void;
}

export interface ModelMemoryOptions {
	logger: Logger;
	/** What the processes of all models may have in memory together, bytes. */
	budgetBytes: number;
}

export interface EnterOptions {
	/** Ends the wait for room. */
	signal: AbortSignal;
	/** Whether other models may have to leave. */
	evicts: boolean;
}

/** Between two looks at what models really take, milliseconds. */
const lookMs = 2_500;

/** No room for a model, with the numbers; nothing is wrong with the model. */
export class MemoryShort extends SidecarError {
	constructor(modelId: string, shortage: Shortage, retryAfterMs?: number) {
		super(
			"circuit_open",
			reasonOf(modelId, shortage),
			retryAfterMs === undefined ? {} : { retryAfterMs },
		);
	}
}

/** Lets models into memory while there is room for them, and the least recently used out where there is none. */
export class ModelMemory {
	readonly #logger: Logger;
	readonly #budget: MemoryBudget;
	readonly #meter: MemoryMeter;
	/** As many as there are models in memory, or on the way into it or out of it. */
	readonly #residents = new Map<Claim, Resident>();
	/** Says `room` whenever there may be more of it. */
	readonly #news = new EventEmitter();
	#timer: NodeJS.Timeout | undefined;

	constructor({ logger, budgetBytes }: ModelMemoryOptions) {
		this.#logger = logger;
		this.#meter = new MemoryMeter(logger);
		this.#budget = new MemoryBudget(
			budgetBytes,
			(claim) => this.#residents.get(claim)?.isBusy === true,
		);
		// As many listen as there are loads that wait.
		setMaxListeners(0, this.#news);
	}

	/**
	 * Waits for a model's room; the least recently used models leave where that is necessary and allowed. Rejects with
	 * MemoryShort where there can't be room enough, and with the signal's reason.
	 *
	 * @returns what is to be released when the model's process is gone, or is not started
	 */
	async enter(
		modelId: string,
		resident: Resident,
		{ signal, evicts }: EnterOptions,
	): Promise<Claim> {
		const { bytes, isMeasured } = await memoryNeed(resident.spec);
		signal.throwIfAborted();
		const claim = this.#budget.claim(modelId, bytes, performance.now());
		this.#residents.set(claim, resident);
		try {
			while (!this.#admit(claim, evicts)) await this.#room(signal);
		} catch (error) {
			this.release(claim);
			throw error;
		}
		const { budget, inUse } = this.#budget;
		const numbers = { modelId, bytes, isMeasured, inUse, budget };
		this.#logger.debug(numbers, "a model has its room in memory");
		return claim;
	}

	/** The model is ready: from now on it may be evicted. */
	entered(claim: Claim): void {
		this.#budget.loaded(claim, performance.now());
		this.#timer ??= setInterval(() => this.look(), lookMs).unref();
	}

	/** The model is used. */
	touch(claim: Claim): void {
		this.#budget.touch(claim, performance.now());
	}

	/** The model's process is gone, or there will be none. */
	release(claim: Claim): void {
		this.#budget.release(claim);
		this.#residents.delete(claim);
		this.#news.emit("room");
	}

	/** Counts what models really take, from time to time done by itself; where that is too much, some leave. */
	look(): void {
		for (const [claim, resident] of this.#residents) {
			if (claim.state !== "loaded") continue;
			const bytes = this.#meter.measure(resident, claim.bytes);
			this.#budget.correct(claim, bytes);
		}
		for (const claim of this.#budget.overrun()) this.#evict(claim);
		this.#news.emit("room");
	}

	/** Ends the looks; resolves when what they found is on record. */
	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#meter.settle();
	}

	#admit(claim: Claim, evicts: boolean): boolean {
		const admission = this.#budget.admit(claim, { evicts });
		switch (admission.kind) {
			case "fits":
				return true;
			case "waits":
				for (const other of admission.evict) this.#evict(other, claim);
				return false;
			case "refused": {
				const { shortage } = admission;
				// What is being loaded now can be evicted later; a model too large for all of the memory never fits.
				const mayPass = shortage.need <= shortage.budget;
				throw new MemoryShort(
					claim.modelId,
					shortage,
					mayPass ? lookMs : undefined,
				);
			}
		}
	}

	#evict(claim: Claim, wanted?: Claim): void {
		const { modelId, bytes } = claim;
		const { budget, inUse } = this.#budget;
		this.#budget.leave(claim);
		const forModel = wanted && { id: wanted.modelId, bytes: wanted.bytes };
		const why = forModel ?? "models have grown";
		this.#logger.info(
			{ modelId, bytes, inUse, budget, for: why },
			"a model leaves memory",
		);
		this.#residents.get(claim)?.evict();
	}

	async #room(signal: AbortSignal): Promise<void> {
		try {
			await once(this.#news, "room", { signal });
		} catch (error) {
			signal.throwIfAborted();
			throw error;
		}
	}
}

function reasonOf(
	modelId: string,
	{ need, budget, inUse, staying }: Shortage,
): string {
	const stays = staying.map((claim) => `${claim.modelId} (${claim.bytes})`);
	const others =
		stays.length === 0
			? "no other model has to stay"
			: `these have to stay for now: ${stays.join(", ")}`;
	return `Not enough memory for model ${modelId}: it needs ${need} bytes, models may have ${budget} (SIDECAR_MODEL_MEMORY_BYTES) and the others have ${inUse}; ${others}`;
}
