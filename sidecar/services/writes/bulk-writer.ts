import { Readable } from "node:stream";
import {
	type BulkResult,
	type BulkTarget,
	failedResult,
	inOrder,
	readBulkAnswer,
} from "../../../ingest/bulk/bulk-answer.ts";
import type { BulkItem } from "../../../ingest/bulk/bulk-lines.ts";
import type { Failure } from "../../../ingest/failure.ts";
import { isObject } from "../../../ingest/json.ts";
import { unseenReason } from "../../../ingest/pipelines/guard-processor.ts";
import { SidecarError } from "../../errors.ts";
import { type BulkSlice, type SliceLimits, slicesOf } from "./bulk-slices.ts";
import type { IngestService, PreparedItem } from "./ingest.ts";
import type { WriteRequest } from "./write-request.ts";

/** OpenSearch's whole answer to lines of a bulk. */
export interface BulkReply {
	status: number;
	body: string;
}

/**
 * Sends lines of a bulk to OpenSearch in the client's name.
 *
 * @param isWhole they are the whole bulk, and nothing of ours is in them: unless something is wrong, the answer is the
 * client's
 * @throws SidecarError where there is no answer
 */
export type BulkSend<Reply extends BulkReply> = (
	body: Buffer | Readable,
	isWhole: boolean,
) => Promise<Reply>;

/** What became of a part of a bulk. */
export type SliceAnswer<Reply extends BulkReply> =
	/** One result for each of its items, in their order. */
	| {
			results: readonly BulkResult[];
			/** Time in pipelines, milliseconds, where there were any. */
			ingestTook: number | undefined;
			/** OpenSearch's own answer, if it was asked. */
			reply: Reply | undefined;
	  }
	/** OpenSearch's answer to the whole bulk: it was a single part with nothing of ours in it, or its first part was refused. */
	| { whole: Reply };

/** A part at most, unless one item is larger; and its results fit into an answer that is read whole. */
const limits: SliceLimits = { bytes: 4 * 1024 * 1024, items: 10_000 };

/** Writes bulks: prepares their items, sends them on in parts, and tells what became of each. */
export class BulkWriter {
	readonly #ingest: IngestService;

	constructor(ingest: IngestService) {
		this.#ingest = ingest;
	}

	/** A bulk in parts, ready to be sent one after the other. @throws SidecarError as {@link IngestService.prepare} */
	slices(
		items: AsyncIterable<readonly BulkItem[]>,
		request: WriteRequest,
	): AsyncGenerator<BulkSlice> {
		return slicesOf(this.#ingest.prepare(items, request), limits);
	}

	/** Writes all items of a bulk. See {@link writeSlices}. */
	write<Reply extends BulkReply>(
		items: AsyncIterable<readonly BulkItem[]>,
		request: WriteRequest,
		send: BulkSend<Reply>,
	): AsyncGenerator<SliceAnswer<Reply>> {
		return this.writeSlices(this.slices(items, request), request, send);
	}

	/**
	 * Sends a bulk's parts, each when the one before is answered: two items for one document keep their order. While
	 * OpenSearch works on one, the next is prepared; no more than these two, and the one behind them, are in memory.
	 *
	 * @throws SidecarError where nothing has been written
	 */
	async *writeSlices<Reply extends BulkReply>(
		slices: AsyncIterable<BulkSlice>,
		request: WriteRequest,
		send: BulkSend<Reply>,
	): AsyncGenerator<SliceAnswer<Reply>> {
		let first = true;
		let alone = true;
		let underWay: Promise<SliceAnswer<Reply>> | undefined;
		try {
			for await (const slice of slices) {
				if (underWay) {
					const answer = await underWay;
					yield answer;
					if ("whole" in answer) {
						if (slice.body instanceof Readable) slice.body.destroy();
						return;
					}
				}
				underWay = this.#write(slice, { request, send, first, alone });
				// It is awaited above or below; until then a failure must not count as one that nobody handles.
				underWay.catch(() => undefined);
				alone = false;
				first &&= slice.items.length > 0 && slice.items.every(isHeld);
			}
			if (underWay) yield await underWay;
		} finally {
			// What OpenSearch was sent is not left behind, whatever ends the rest.
			await underWay?.catch(() => undefined);
		}
	}

	async #write<Reply extends BulkReply>(
		slice: BulkSlice,
		options: Sending<Reply>,
	): Promise<SliceAnswer<Reply>> {
		const sent = slice.items.filter(({ held }) => !held);
		const isStream = !Buffer.isBuffer(slice.body);
		const answer =
			sent.length > 0 || isStream || slice.items.length === 0
				? await this.#send(slice, sent, options)
				: { results: [], ingestTook: undefined, reply: undefined };
		if ("whole" in answer) return answer;
		const settled = await this.#settle(sent, answer.results, options);
		let next = 0;
		const inPlace = slice.items.map((item) =>
			item.held
				? failedResult(targetOf(item, options.request), item.held)
				: settled[next++],
		);
		// Behind them, those of what was sent without being told apart.
		const results = [...inPlace, ...settled.slice(next)];
		return { ...answer, results: results.filter((one) => one !== undefined) };
	}

	async #send<Reply extends BulkReply>(
		{ items, body, last }: BulkSlice,
		sent: readonly PreparedItem[],
		{ request, send, first, alone }: Sending<Reply>,
	): Promise<SliceAnswer<Reply>> {
		const targets = () => sent.map((item) => targetOf(item, request));
		const allFailed = (failure: Failure) =>
			targets().map((target) => failedResult(target, failure));
		try {
			const isWhole =
				alone &&
				last &&
				sent.length === items.length &&
				!sent.some(({ ours }) => ours);
			const reply = await send(body, isWhole);
			if (isWhole && !reply.body.includes(unseenReason))
				return { whole: reply };
			const answer =
				reply.status === 200 ? readBulkAnswer(reply.body) : undefined;
			// Of a whole answer the client may want a part alone: which items its results are of, nobody knows then.
			if (isWhole && answer?.items.length !== sent.length)
				return { whole: reply };
			if (answer)
				return {
					results: inOrder(answer.items, targets()),
					ingestTook: answer.ingestTook,
					reply,
				};
			if (first) return { whole: reply };
			return {
				results: allFailed(failureIn(reply)),
				ingestTook: undefined,
				reply,
			};
		} catch (error) {
			if (first || !(error instanceof SidecarError)) throw error;
			const { status, type, message: reason } = error;
			return {
				results: allFailed({ status, type, reason }),
				ingestTook: undefined,
				reply: undefined,
			};
		}
	}

	/** What OpenSearch answered, in the words of the processors that failed; with a second try for what it did not know. */
	async #settle<Reply extends BulkReply>(
		sent: readonly PreparedItem[],
		results: readonly BulkResult[],
		options: Sending<Reply>,
	): Promise<readonly BulkResult[]> {
		const settled = [...results];
		const stale: number[] = [];
		for (const [at, item] of sent.entries()) {
			const result = results[at];
			if (!result?.error) continue;
			if (result.error.reason.includes(unseenReason)) stale.push(at);
			else settled[at] = inItsWords(item, result);
		}
		const open = stale.filter((at) => !isOverwritten(sent, at, options));
		if (open.length === 0 || options.isAgain) return settled;
		const again = await this.#ingest.again(
			open.flatMap((at) => sent[at]?.item ?? []),
			options.request,
		);
		let next = 0;
		const groups = (async function* () {
			yield again;
		})();
		for await (const slice of slicesOf(groups, limits)) {
			const answer = await this.#write(slice, {
				...options,
				first: false,
				alone: false,
				isAgain: true,
			});
			if ("whole" in answer) break;
			for (const result of answer.results) {
				const at = open[next++];
				if (at !== undefined) settled[at] = result;
			}
		}
		return settled;
	}
}

interface Sending<Reply extends BulkReply> {
	request: WriteRequest;
	send: BulkSend<Reply>;
	/** Nothing of the bulk was sent before. */
	first: boolean;
	/** There was no part before. */
	alone: boolean;
	/** Its items were sent before. */
	isAgain?: boolean;
}

function isHeld({ held }: PreparedItem): boolean {
	return held !== undefined;
}

function targetOf(
	{ item: { action }, failure }: PreparedItem,
	{ index }: WriteRequest,
): BulkTarget {
	return {
		operation: action?.operation ?? "index",
		index: action?.index ?? index,
		id: action?.id,
		reason: failure?.reason,
	};
}

/** Whether a later item of the same part has written, or deleted, the same document. */
function isOverwritten<Reply extends BulkReply>(
	items: readonly PreparedItem[],
	at: number,
	{ request }: Sending<Reply>,
): boolean {
	const own = items[at] && targetOf(items[at], request);
	if (own?.id === undefined) return false;
	return items.slice(at + 1).some((later) => {
		const { index, id } = targetOf(later, request);
		return id === own.id && index === own.index;
	});
}

/** A processor that failed is known by its reason: a guard has no error of its own. */
function inItsWords({ failure }: PreparedItem, result: BulkResult): BulkResult {
	if (failure === undefined || result.error?.reason !== failure.reason)
		return result;
	return failedResult(result, failure);
}

/** The error of OpenSearch's envelope; `reply` may hold anything. */
function failureIn({ status, body }: BulkReply): Failure {
	const reason = `OpenSearch answered ${status}`;
	try {
		const parsed: unknown = JSON.parse(body);
		const error = isObject(parsed) ? parsed.error : undefined;
		if (isObject(error))
			return {
				status,
				type: String(error.type),
				reason: String(error.reason ?? reason),
			};
	} catch {
		// An answer that is no JSON has no error in it that could be shown.
	}
	return { status, type: "exception", reason };
}
