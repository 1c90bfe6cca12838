import {
	type BulkResult,
	failedResult,
	readBulkAnswer,
} from "../../../ingest/bulk/bulk-answer.ts";
import type { BulkItem } from "../../../ingest/bulk/bulk-lines.ts";
import { RefusedCall, SidecarError } from "../../errors.ts";
import type { BulkReply, SliceAnswer } from "../writes/bulk-writer.ts";
import { pauses } from "./pauses.ts";

export interface BatchWriterOptions {
	/** Embeds and writes items, in parts. */
	write(
		items: AsyncIterable<readonly BulkItem[]>,
	): AsyncIterable<SliceAnswer<BulkReply>>;
	/** Is told of each time that items are written again which there was no room for. */
	retried(): void;
	wait(ms: number): Promise<void>;
	/** Nothing is tried again after it. */
	ended: AbortSignal;
}

/** What came of the items of a batch that there was an answer for. */
interface Attempt {
	results: BulkResult[];
	/** Turned away, for now. */
	rejected: BulkItem[];
	/** With which answer. */
	rejections: BulkResult[];
}

/** Writes a batch's items, and those again, after a while, that OpenSearch or a model has no room for. */
export class BatchWriter {
	readonly #options: BatchWriterOptions;

	constructor(options: BatchWriterOptions) {
		this.#options = options;
	}

	/** @returns one result for each item, in no order @throws RefusedCall, SidecarError where there is no answer */
	async write(items: readonly BulkItem[]): Promise<BulkResult[]> {
		const { retried, wait, ended } = this.#options;
		const settled: BulkResult[] = [];
		let open = items;
		for (const pause of pauses) {
			if (open.length === 0) return settled;
			const attempt = await this.#attempt(open);
			settled.push(...attempt.results);
			open = attempt.rejected;
			if (ended.aborted) return [...settled, ...attempt.rejections];
			if (open.length === 0) return settled;
			retried();
			await wait(pause);
		}
		const { results, rejections } = await this.#attempt(open);
		return [...settled, ...results, ...rejections];
	}

	async #attempt(items: readonly BulkItem[]): Promise<Attempt> {
		const attempt: Attempt = { results: [], rejected: [], rejections: [] };
		let next = 0;
		try {
			for await (const part of this.#options.write(together(items)))
				for (const result of resultsOf(part)) {
					const item = items[next++];
					if (result.status === 429 && item) {
						attempt.rejected.push(item);
						attempt.rejections.push(result);
					} else attempt.results.push(result);
				}
			return attempt;
		} catch (error) {
			if (next > 0 || !isRejection(error)) throw error;
			const rejections = items.map((item) => rejection(item, error));
			return { results: [], rejected: [...items], rejections };
		}
	}
}

async function* together(
	items: readonly BulkItem[],
): AsyncGenerator<readonly BulkItem[]> {
	yield items;
}

function resultsOf(part: SliceAnswer<BulkReply>): readonly BulkResult[] {
	if (!("whole" in part)) return part.results;
	const answer =
		part.whole.status === 200 ? readBulkAnswer(part.whole.body) : undefined;
	if (!answer) throw new RefusedCall(part.whole);
	return answer.items;
}

/** The whole batch was turned away. */
function isRejection(error: unknown): error is RefusedCall | SidecarError {
	if (error instanceof RefusedCall) return error.answer.status === 429;
	return error instanceof SidecarError && error.code === "too_many_requests";
}

function rejection({ action }: BulkItem, { message }: Error): BulkResult {
	const operation = action?.operation ?? "index";
	const target = { operation, index: action?.index, id: action?.id };
	return failedResult(target, {
		status: 429,
		type: "rejected_execution_exception",
		reason: message,
	});
}
