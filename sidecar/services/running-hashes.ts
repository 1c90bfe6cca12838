import { createHash, type Hash } from "node:crypto";
import type { StoredModel } from "../../schemas/model.ts";

/** Uploads that are followed at a time; the one that had no chunk for the longest time leaves first. */
const maxUploads = 256;

interface RunningHash {
	readonly hash: Hash;
	/** Hash of each chunk that is in it, by number. */
	readonly chunks: readonly string[];
}

/** One chunk on its way into the hash of its model. */
export interface FollowedChunk {
	/** Passes the chunk's bytes on, and into the hash. */
	watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
	/** The chunk is stored. Without it, the hash stays as it was. */
	commit(sha256: string): void;
}

/** Hashes of models whose chunks arrive here one after the other, so that they need not be read back at the end. */
export class RunningHashes {
	readonly #hashes = new Map<string, RunningHash>();

	/** Undefined for a chunk that is not the next one of its model; the first one starts over. */
	follow(modelId: string, number: number): FollowedChunk | undefined {
		const before =
			number === 0
				? { hash: createHash("sha256"), chunks: [] }
				: this.#hashes.get(modelId);
		if (before?.chunks.length !== number) return undefined;
		const hash = before.hash.copy();
		return {
			async *watch(bytes) {
				for await (const piece of bytes) {
					hash.update(piece);
					yield piece;
				}
			},
			commit: (sha256) =>
				this.#keep(modelId, { hash, chunks: [...before.chunks, sha256] }),
		};
	}

	/** The hash of a whole model; undefined unless the chunks that are stored are those that passed here. */
	take(modelId: string, model: StoredModel): string | undefined {
		const running = this.#hashes.get(modelId);
		const { total_chunks, sidecar } = model;
		const isWhole =
			running?.chunks.length === total_chunks &&
			running.chunks.every(
				(sha256, number) => sidecar.chunks[number]?.sha256 === sha256,
			);
		if (!isWhole) return undefined;
		this.#hashes.delete(modelId);
		return running.hash.digest("hex");
	}

	#keep(modelId: string, running: RunningHash): void {
		this.#hashes.delete(modelId);
		this.#hashes.set(modelId, running);
		const [oldest] = this.#hashes.keys();
		if (this.#hashes.size > maxUploads && oldest !== undefined)
			this.#hashes.delete(oldest);
	}
}
