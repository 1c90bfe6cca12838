import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a bench has to undo, in any case: at its end, and where a signal ends it before. */
export class Ending {
	readonly #report: (line: string) => void;
	readonly #stops: (() => Promise<unknown>)[] = [];
	#under: Promise<void> | undefined;

	/** SIGINT and SIGTERM end the process from now on, when all is undone. */
	constructor(report: (line: string) => void) {
		this.#report = report;
		for (const signal of ["SIGINT", "SIGTERM"] as const)
			process.once(signal, () => void this.end().then(() => process.exit(1)));
	}

	/** Does that before whatever was added until now. Once the end has begun, at once. */
	add(stop: () => Promise<unknown>): void {
		if (this.#under === undefined) this.#stops.push(stop);
		else this.#under = this.#under.then(() => this.#undo(stop));
	}

	/** A folder that is removed then. @returns its path */
	async temporaryFolder(): Promise<string> {
		const path = await mkdtemp(join(tmpdir(), "sidecar-bench-"));
		this.add(() => rm(path, { recursive: true, force: true }));
		return path;
	}

	/** Undoes everything, the last first, whatever happens to one of them; a second call waits for the first. */
	end(): Promise<void> {
		this.#under ??= this.#undoAll();
		return this.#under;
	}

	async #undoAll(): Promise<void> {
		for (const stop of this.#stops.reverse()) await this.#undo(stop);
	}

	async #undo(stop: () => Promise<unknown>): Promise<void> {
		await stop().catch((error: unknown) => {
			this.#report(`not cleared away: ${error}`);
			process.exitCode = 1;
		});
	}
}
