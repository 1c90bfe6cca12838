import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Client } from "@opensearch-project/opensearch";
import type { ChunkEntry, StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import { decodeContent, encodeContent } from "./chunk-content.ts";
import { statusOf, storeError } from "./client.ts";
import {
	type HiddenIndices,
	largeChunksIndex,
	smallChunksIndex,
} from "./hidden-indices.ts";

/** Raw bytes of a chunk at most; ml-commons' limit, and the size its clients cut models into. */
export const chunkLimit = 10_000_000;

/** Where a chunk is: an index, the model it belongs to and its number from 0. */
export interface ChunkAddress {
	index: string;
	modelId: string;
	number: number;
}

function idOf({ modelId, number }: Omit<ChunkAddress, "index">): string {
	return `${modelId}_${number}`;
}

function ownerOf(id: string): string {
	return id.slice(0, id.lastIndexOf("_"));
}

/**
 * A model's document says where its chunks are; whoever could write to that document must not be able to point the
 * sidecar at an index of somebody else's.
 */
function checkIndex(modelId: string, index: string): void {
	if (index === smallChunksIndex || index === largeChunksIndex(modelId)) return;
	throw new SidecarError(
		"internal",
		`the model's document names [${index}], which holds no chunks of it`,
	);
}

/** The chunks of models, streamed in and out: a chunk is in memory in small pieces only. */
export class ChunkStore {
	readonly #client: Client;
	readonly #indices: HiddenIndices;

	constructor(client: Client, indices: HiddenIndices) {
		this.#client = client;
		this.#indices = indices;
	}

	/**
	 * Stores a chunk while its bytes arrive; a chunk of that number that is there is replaced.
	 *
	 * @param only the one content that is stored; another one is refused
	 * @throws SidecarError bad_request for an empty chunk or one above {@link chunkLimit}, bad_state for another
	 * content; then, and when the bytes end with an error, nothing is stored: OpenSearch never gets the end of the
	 * document.
	 */
	async put(
		address: ChunkAddress,
		bytes: AsyncIterable<Uint8Array>,
		only?: { sha256: string; otherwise: string },
	): Promise<ChunkEntry> {
		await this.#indices.ensure(address.index);
		const hash = createHash("sha256");
		const entry: ChunkEntry = { size: 0, sha256: "" };
		const measured = async function* () {
			for await (const piece of bytes) {
				entry.size += piece.length;
				if (entry.size > chunkLimit)
					throw new SidecarError("bad_request", "Chunk size exceeds 10MB");
				hash.update(piece);
				yield piece;
			}
			if (entry.size === 0)
				throw new SidecarError("bad_request", "Chunk size either 0 or null");
			entry.sha256 = hash.digest("hex");
			if (only && only.sha256 !== entry.sha256)
				throw new SidecarError("bad_state", only.otherwise);
		};
		await this.#index(address, measured());
		return entry;
	}

	/** The bytes of a model, chunk after chunk. @throws SidecarError not_found when a chunk is missing. */
	async *read(
		modelId: string,
		model: Pick<StoredModel, "sidecar" | "total_chunks">,
	): AsyncGenerator<Uint8Array> {
		checkIndex(modelId, model.sidecar.chunk_index);
		for (let number = 0; number < model.total_chunks; number++)
			yield* this.#readChunk({
				index: model.sidecar.chunk_index,
				modelId,
				number,
			});
	}

	/** Deletes all chunks of a model: a large model's by deleting their index. Safe to repeat. */
	async delete(
		modelId: string,
		model: Pick<StoredModel, "sidecar" | "total_chunks">,
	): Promise<void> {
		checkIndex(modelId, model.sidecar.chunk_index);
		if (model.sidecar.chunk_index !== smallChunksIndex)
			return this.#indices.delete(model.sidecar.chunk_index);
		const operations = Array.from(
			{ length: model.total_chunks },
			(_, number) => ({
				delete: {
					_index: model.sidecar.chunk_index,
					_id: idOf({ modelId, number }),
				},
			}),
		);
		try {
			const { body } = await this.#client.bulk({ body: operations });
			const failed = body.items.find(
				// 404: not even their index is there, since no chunk has ever come.
				({ delete: { status = 0 } = {} }) => status >= 400 && status !== 404,
			);
			if (failed) throw new Error(JSON.stringify(failed.delete?.error));
		} catch (error) {
			throw storeError(error, `delete the chunks of ${modelId}`);
		}
	}

	/** The models that chunks are there of, 10,000 at most of those that share an index. */
	async owners(): Promise<string[]> {
		try {
			const { body: large } = await this.#client.indices.get({
				index: largeChunksIndex("*"),
				expand_wildcards: "all",
				ignore_unavailable: true,
			});
			await this.#client.indices.refresh({
				index: smallChunksIndex,
				ignore_unavailable: true,
			});
			const { body: small } = await this.#client.search({
				index: smallChunksIndex,
				ignore_unavailable: true,
				size: 10_000,
				_source: false,
				body: { query: { match_all: {} }, collapse: { field: "model_id" } },
			});
			return [
				...Object.keys(large)
					.filter((index) => index !== smallChunksIndex)
					.map((index) => index.slice(largeChunksIndex("").length)),
				...small.hits.hits.map(({ _id }) => ownerOf(_id ?? "")),
			];
		} catch (error) {
			throw storeError(error, "look for chunks");
		}
	}

	/** Deletes whatever chunks there are of a model that has no document. */
	async deleteAll(modelId: string): Promise<void> {
		await this.#indices.delete(largeChunksIndex(modelId));
		try {
			await this.#client.deleteByQuery({
				index: smallChunksIndex,
				ignore_unavailable: true,
				conflicts: "proceed",
				refresh: true,
				body: { query: { term: { model_id: modelId } } },
			});
		} catch (error) {
			throw storeError(error, `delete the chunks of ${modelId}`);
		}
	}

	async #index(
		address: ChunkAddress,
		bytes: AsyncIterable<Uint8Array>,
	): Promise<void> {
		const failure: { error?: unknown } = {};
		const watched = async function* () {
			try {
				yield* bytes;
			} catch (error) {
				failure.error = error;
				throw error;
			}
		};
		try {
			await this.#client.index({
				index: address.index,
				id: idOf(address),
				body: Readable.from(
					encodeContent(watched(), {
						model_id: address.modelId,
						chunk_number: address.number,
					}),
					{ objectMode: false },
				),
			});
		} catch (error) {
			if (failure.error !== undefined) throw failure.error;
			throw storeError(error, `store chunk ${idOf(address)}`);
		}
	}

	async *#readChunk(address: ChunkAddress): AsyncGenerator<Uint8Array> {
		try {
			const { body } = await this.#client.getSource(
				{ index: address.index, id: idOf(address) },
				{ asStream: true },
			);
			if (!(body instanceof Readable))
				throw new SidecarError("internal", "OpenSearch's answer is no stream");
			yield* decodeContent(body);
		} catch (error) {
			if (statusOf(error) === 404)
				throw new SidecarError(
					"not_found",
					`Fail to find model chunk ${idOf(address)}`,
					{ cause: error },
				);
			throw storeError(error, `read chunk ${idOf(address)}`);
		}
	}
}
