import { mkdir, statfs } from "node:fs/promises";
import { SidecarError } from "../errors.ts";

export interface DiskBreakerOptions {
	/** On the file system that is looked at; made if it is not there. */
	folder: string;
	/** What has to be free, bytes; never too little if negative. */
	threshold: () => number;
}

/** Keeps models out while the disk that they would be unpacked on is nearly full. */
export class DiskBreaker {
	readonly #options: DiskBreakerOptions;
	#trips = 0;

	constructor(options: DiskBreakerOptions) {
		this.#options = options;
	}

	/** How often it was open when it was asked. */
	get trips(): number {
		return this.#trips;
	}

	/** @throws SidecarError circuit_open, in ml-commons' words */
	async check(): Promise<void> {
		const { folder, threshold } = this.#options;
		const wanted = threshold();
		if (wanted < 0) return;
		await mkdir(folder, { recursive: true, mode: 0o700 });
		// As big integers: a product of two numbers may not be exact for a large disk.
		const { bavail, bsize } = await statfs(folder, { bigint: true });
		if (bavail * bsize >= wanted) return;
		this.#trips++;
		throw new SidecarError(
			"circuit_open",
			"Disk Circuit Breaker is open, please check your resources!",
		);
	}
}
