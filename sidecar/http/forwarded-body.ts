import { Readable } from "node:stream";

/** Whose turn it is: the reader's (it has more than it takes) or the source's (there is nothing left to read). */
export interface TurnObserver {
	awaitReader(): void;
	awaitSource(): void;
}

/**
 * The bytes of another stream. To destroy it leaves the source open and lets the rest of it run dry, so that an
 * answer can still be given to a client whose body was not read to its end: a request that is destroyed takes
 * its connection along. Everything that reads a client's body only in part must read it through this.
 *
 * An error of the source destroys this stream with the same error.
 */
export class ForwardedBody extends Readable {
	readonly #source: Readable;
	readonly #turns: TurnObserver | undefined;
	#sourceError: Error | undefined;

	readonly #onData = (chunk: Buffer | string): void => {
		if (this.push(chunk)) return;
		this.#source.pause();
		this.#turns?.awaitReader();
	};
	readonly #onEnd = (): void => {
		this.push(null);
		this.#turns?.awaitReader();
	};
	readonly #onClose = (): void => {
		if (!this.#source.readableEnded)
			this.#fail(new Error("The body was closed before its end"));
	};

	constructor(source: Readable, turns?: TurnObserver) {
		super({ highWaterMark: 65_536 });
		this.#source = source;
		this.#turns = turns;
		// This listener stays for good: an error after the last read must not end the process.
		source.on("error", (error) => this.#fail(error));
		source.on("close", this.#onClose);
		source.on("end", this.#onEnd);
		source.on("data", this.#onData);
		if (source.errored) this.#fail(source.errored);
		else if (source.destroyed) this.#onClose();
	}

	/** Why the source failed; an error of the reading side is not one of these. */
	get sourceError(): Error | undefined {
		return this.#sourceError;
	}

	override _read(): void {
		this.#turns?.awaitSource();
		this.#source.resume();
	}

	override _destroy(
		error: Error | null,
		callback: (error?: Error | null) => void,
	): void {
		this.#source.off("data", this.#onData);
		this.#source.off("end", this.#onEnd);
		this.#source.off("close", this.#onClose);
		this.#source.resume();
		callback(error);
	}

	#fail(error: Error): void {
		if (this.destroyed) return;
		this.#sourceError = error;
		this.destroy(error);
	}
}
