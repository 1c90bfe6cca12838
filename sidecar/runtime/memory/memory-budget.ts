/** What a model holds of the memory, or is about to; changed by its budget alone. */
export interface Claim {
	readonly modelId: string;
	/** Estimated at first, then as measured. */
	bytes: number;
	/** When it was last used, milliseconds on the caller's clock. */
	usedAt: number;
	/** `waiting` for others to leave, `loading`, `loaded`, or `leaving` for as long as its process is there. */
	state: "waiting" | "loading" | "loaded" | "leaving";
}

/** Why a model gets no room: all of it in bytes. */
export interface Shortage {
	need: number;
	budget: number;
	/** Of all other models, those included that are leaving. */
	inUse: number;
	/** Those of them that can't leave now, first of all since they are being loaded. */
	staying: readonly Claim[];
}

/** What comes of a wish for room. */
export type Admission =
	| { kind: "fits" }
	/** It fits once these have left, and those that are leaving already. */
	| { kind: "waits"; evict: readonly Claim[] }
	| { kind: "refused"; shortage: Shortage };

/**
 * Who holds how much of the memory that models may have. What is loaded, loading or waiting never exceeds it by what
 * was estimated; that it doesn't either while others are still leaving is what a wait is for.
 */
export class MemoryBudget {
	readonly budget: number;
	readonly #isBusy: (claim: Claim) => boolean;
	/** As many as there are models in memory, or on the way into it or out of it. */
	readonly #claims = new Set<Claim>();

	/** @param isBusy whether a model has work now: it leaves after all that have none */
	constructor(budget: number, isBusy: (claim: Claim) => boolean) {
		this.budget = budget;
		this.#isBusy = isBusy;
	}

	/** All that is held, bytes. */
	get inUse(): number {
		return sumOf([...this.#claims]);
	}

	/**
	 * A claim that counts for everybody else from now on, and has no room yet.
	 *
	 * @param now on the caller's clock, milliseconds
	 */
	claim(modelId: string, bytes: number, now: number): Claim {
		const claim: Claim = { modelId, bytes, usedAt: now, state: "waiting" };
		this.#claims.add(claim);
		return claim;
	}

	/**
	 * Whether a claim that waits has its room. It is to be asked again whenever another has been released.
	 *
	 * @param evicts whether others may have to leave for it
	 */
	admit(claim: Claim, { evicts = true } = {}): Admission {
		const others = [...this.#claims].filter((other) => other !== claim);
		const { bytes } = claim;
		const staying = others.filter(
			({ state }) => state !== "leaving" && !(evicts && state === "loaded"),
		);
		if (bytes + sumOf(staying) > this.budget) {
			return { kind: "refused", shortage: this.#shortage(claim, staying) };
		}
		const evict = this.#victims(this.#over(), this.#loaded());
		const present = others.filter(({ state }) => state !== "waiting");
		if (evict.length > 0 || bytes + sumOf(present) > this.budget) {
			return { kind: "waits", evict };
		}
		claim.state = "loading";
		return { kind: "fits" };
	}

	/** The model is ready, and may be evicted from now on. */
	loaded(claim: Claim, now: number): void {
		claim.state = "loaded";
		claim.usedAt = now;
	}

	touch(claim: Claim, now: number): void {
		claim.usedAt = now;
	}

	/** What a model really takes. */
	correct(claim: Claim, bytes: number): void {
		claim.bytes = bytes;
	}

	/** The model has been evicted: nobody gets it any more, and its room counts until its process is gone. */
	leave(claim: Claim): void {
		claim.state = "leaving";
	}

	/** The model's process is gone, or there will be none. */
	release(claim: Claim): void {
		this.#claims.delete(claim);
	}

	/**
	 * Models that should leave because what is in memory has grown: those without work, the least recently used first. The
	 * one used last stays: it would be loaded again, and be as large as before.
	 */
	overrun(): Claim[] {
		const idle = this.#loaded()
			.slice(0, -1)
			.filter((claim) => !this.#isBusy(claim));
		return this.#victims(this.#over(), idle);
	}

	/** As few as give so many bytes, or all if that is not enough: from the first on, without those that turn out needless. */
	#victims(bytes: number, candidates: readonly Claim[]): Claim[] {
		const chosen: Claim[] = [];
		let missing = bytes;
		for (const claim of candidates) {
			if (missing <= 0) break;
			chosen.push(claim);
			missing -= claim.bytes;
		}
		// Of those that need not go, the one that was used last matters most.
		return chosen.toReversed().filter((claim) => {
			const needless = missing + claim.bytes <= 0;
			if (needless) missing += claim.bytes;
			return !needless;
		});
	}

	/** In the order in which they leave. */
	#loaded(): Claim[] {
		return [...this.#claims]
			.filter(({ state }) => state === "loaded")
			.map((claim) => ({ claim, busy: this.#isBusy(claim) ? 1 : 0 }))
			.sort((a, b) => a.busy - b.busy || a.claim.usedAt - b.claim.usedAt)
			.map(({ claim }) => claim);
	}

	/** Bytes too many of what stays, once everything that leaves is gone and everything that waits is there. */
	#over(): number {
		const staying = [...this.#claims].filter(
			({ state }) => state !== "leaving",
		);
		return sumOf(staying) - this.budget;
	}

	#shortage({ bytes }: Claim, staying: readonly Claim[]): Shortage {
		const { budget, inUse } = this;
		return { need: bytes, budget, inUse: inUse - bytes, staying };
	}
}

function sumOf(claims: readonly Claim[]): number {
	return claims.reduce((sum, { bytes }) => sum + bytes, 0);
}
