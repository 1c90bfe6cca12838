import { createReadStream } from "node:fs";
import type { ChunkEntry } from "../../schemas/model.ts";
import { type ChunkStore, chunkLimit } from "../store/chunks.ts";
import { retrying } from "./retrying.ts";

/** Chunks that are on their way at a time. */
const together = 2;

/** A model's archive on disk, and where its chunks go. */
export interface ArchiveToStore {
	path: string;
	sizeBytes: number;
	modelId: string;
	index: string;
}

/** How many chunks an archive of so many bytes is. */
export function chunkCount(sizeBytes: number): number {
	return Math.ceil(sizeBytes / chunkLimit);
}

/**
 * Writes an archive into chunks, two at a time, each of them read from disk while it is sent: in memory are a few
 * pieces of 64 KiB. When it returns or throws, none is on its way any more.
 */
export async function storeChunks(
	archive: ArchiveToStore,
	chunks: ChunkStore,
	signal: AbortSignal,
): Promise<Record<string, ChunkEntry>> {
	const total = chunkCount(archive.sizeBytes);
	const entries: Record<string, ChunkEntry> = {};
	const failures: unknown[] = [];
	let next = 0;
	const sender = async () => {
		while (next < total && failures.length === 0) {
			const number = next++;
			try {
				entries[number] = await retrying(signal, () =>
					storeChunk(archive, number, { chunks, signal }),
				);
			} catch (error) {
				failures.push(error);
			}
		}
	};
	await Promise.all(Array.from({ length: together }, sender));
	signal.throwIfAborted();
	if (failures.length > 0) throw failures[0];
	return entries;
}

async function storeChunk(
	{ path, sizeBytes, modelId, index }: ArchiveToStore,
	number: number,
	{ chunks, signal }: { chunks: ChunkStore; signal: AbortSignal },
): Promise<ChunkEntry> {
	const start = number * chunkLimit;
	const end = Math.min(start + chunkLimit, sizeBytes) - 1;
	// Opened when it is read: before that, nobody would hear of its error.
	const bytes = async function* () {
		yield* createReadStream(path, { start, end, signal });
	};
	const { entry } = await chunks.put({ index, modelId, number }, bytes());
	return entry;
}
