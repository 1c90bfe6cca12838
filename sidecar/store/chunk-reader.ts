import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { type Client, errors } from "@opensearch-project/opensearch";
import type { StoredModel } from "../../schemas/model.ts";
import { mayPass, SidecarError } from "../errors.ts";
import { type ChunkAddress, checkIndex, idOf } from "./chunk-address.ts";
import { decodeContent } from "./chunk-content.ts";
import { statusOf, storeError } from "./client.ts";

/** Waits before a chunk is asked for again, milliseconds: the client does not repeat a call whose answer is a stream. */
const waits = [250, 1_000];

/** A chunk that OpenSearch has been asked for. */
interface OpenChunk {
	address: ChunkAddress;
	body: Promise<Readable>;
}

/** Reads the chunks of models: of each, a few pieces are in memory. */
export class ChunkReader {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * The bytes of a model, chunk after chunk. While one is read, OpenSearch is asked for the next, of which no more
	 * arrives than a socket and a stream hold.
	 *
	 * @throws SidecarError not_found when a chunk is missing, internal for a damaged one; what {@link mayPass} where
	 * OpenSearch does not answer, also after a little while
	 */
	async *read(
		modelId: string,
		model: Pick<StoredModel, "sidecar" | "total_chunks">,
	): AsyncGenerator<Uint8Array> {
		const index = model.sidecar.chunk_index;
		checkIndex(modelId, index);
		const open = (number: number): OpenChunk | undefined =>
			number < model.total_chunks
				? this.#ask({ index, modelId, number })
				: undefined;
		let next = open(0);
		try {
			while (next) {
				const chunk: OpenChunk = next;
				// Its answer first, so that the two never begin together.
				await chunk.body.catch(() => undefined);
				next = open(chunk.address.number + 1);
				yield* this.#readPatiently(chunk);
			}
		} finally {
			// One that was asked for and is not read any more would hold a connection.
			void next?.body.then(
				(body) => body.destroy(),
				() => undefined,
			);
		}
	}

	/** Goes on in the same chunk where OpenSearch stopped answering; what has been handed on is not handed on again. */
	async *#readPatiently(chunk: OpenChunk): AsyncGenerator<Uint8Array> {
		let given = 0;
		let { body } = chunk;
		for (let attempt = 0; ; attempt++) {
			let passed = 0;
			try {
				for await (const piece of decodeContent(await body)) {
					const known = Math.min(Math.max(given - passed, 0), piece.length);
					passed += piece.length;
					if (known === piece.length) continue;
					given += piece.length - known;
					yield piece.subarray(known);
				}
				return;
			} catch (error) {
				const failure = interrupted(chunk.address, error);
				const wait = waits[attempt];
				if (wait === undefined || !mayPass(failure)) throw failure;
				await setTimeout(wait);
			}
			body = this.#ask(chunk.address).body;
		}
	}

	#ask(address: ChunkAddress): OpenChunk {
		const body = this.#open(address);
		// Whoever reads it hears of its error; nobody does where the one before has failed.
		body.catch(() => undefined);
		return { address, body };
	}

	async #open(address: ChunkAddress): Promise<Readable> {
		try {
			const answer = await this.#client.getSource(
				{ index: address.index, id: idOf(address) },
				{ asStream: true },
			);
			const body: unknown = answer.body;
			if (!(body instanceof Readable))
				throw new SidecarError("internal", "OpenSearch's answer is no stream");
			// It may break before it is read; its reader then hears of it all the same.
			body.on("error", () => undefined);
			if (answer.statusCode === 200) return body;
			// The client looks at no status of an answer that is a stream.
			body.destroy();
			throw new errors.ResponseError({ ...answer, body: {} });
		} catch (error) {
			if (statusOf(error) === 404)
				throw new SidecarError(
					"not_found",
					`Fail to find model chunk ${idOf(address)}`,
					{ cause: error },
				);
			throw unread(address, error);
		}
	}
}

/** What else can go wrong while bytes arrive is the connection. */
function interrupted(address: ChunkAddress, error: unknown): SidecarError {
	if (error instanceof SidecarError) return error;
	return new SidecarError(
		"upstream_unavailable",
		`OpenSearch's answer broke off: read chunk ${idOf(address)}`,
		{ cause: error },
	);
}

function unread(address: ChunkAddress, error: unknown): SidecarError {
	return storeError(error, `read chunk ${idOf(address)}`);
}
