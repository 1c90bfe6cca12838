import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where archives are on their way. What a process that was killed left there is removed by the next one. */
export class WorkFolder {
	readonly #folder: string;
	readonly #nodeId: () => string;
	#ready: Promise<string> | undefined;

	/** @param folder may be shared: each sidecar has a folder of its own in there, named after its id */
	constructor(folder: string, nodeId: () => string) {
		this.#folder = folder;
		this.#nodeId = nodeId;
	}

	/** Gives work a folder that is gone afterwards. */
	async use<T>(work: (folder: string) => Promise<T>): Promise<T> {
		const folder = await mkdtemp(join(await this.clean(), "model-"));
		try {
			return await work(folder);
		} finally {
			await rm(folder, { recursive: true, force: true });
		}
	}

	/** Removes what was left behind, once in a process. @returns the folder, which is there then */
	clean(): Promise<string> {
		this.#ready ??= this.#empty().catch((error) => {
			this.#ready = undefined;
			throw error;
		});
		return this.#ready;
	}

	async #empty(): Promise<string> {
		const path = join(this.#folder, this.#nodeId());
		await rm(path, { recursive: true, force: true });
		await mkdir(path, { recursive: true, mode: 0o700 });
		return path;
	}
}
