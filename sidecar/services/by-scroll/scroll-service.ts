import type { Readable } from "node:stream";
import {
	membersJson,
	type RawMembers,
	rawMembers,
} from "../../search/raw-json.ts";
import type { IndexNameStore } from "../../store/index-names.ts";
import type { SearchService } from "../search/search-service.ts";
import type { TruncatedTexts } from "../truncated-texts.ts";
import type { BulkReply, BulkWriter } from "../writes/bulk-writer.ts";
import type { CallAnswer, ClientCall } from "../writes/client-call.ts";
import type { IngestService } from "../writes/ingest.ts";
import { mayChooseIndex } from "./reindex-plan.ts";
import { ScrollJob } from "./scroll-job.ts";
import type { Destination, ScrollPlan } from "./scroll-plan.ts";
import type { ScrollTasks } from "./scroll-tasks.ts";

export interface ScrollServiceOptions {
	ingest: IngestService;
	writer: BulkWriter;
	search: SearchService;
	indexNames: IndexNameStore;
	tasks: ScrollTasks;
	/** A page at most, bytes, unless it is a single document. */
	pageBytes: number;
	now: () => number;
}

/** A request that OpenSearch has accepted, on its way to be carried out. */
export interface ScrollOrder {
	plan: ScrollPlan;
	/** Undefined where the work is not divided. */
	slices: number | undefined;
	call: ClientCall;
	/** Sends lines of a bulk to a URL, likewise in the client's name. */
	sendBulk(url: string, body: Buffer | Readable): Promise<BulkReply>;
	truncated: TruncatedTexts;
}

/** Reindexes and updates by query whose documents are embedded on their way. */
export class ScrollService {
	readonly #options: ScrollServiceOptions;

	constructor(options: ScrollServiceOptions) {
		this.#options = options;
	}

	/** Whether a reindex writes through a processor of the sidecar's, or may do so. */
	async concernsReindex(
		body: RawMembers,
		{ index, pipeline }: Destination,
	): Promise<boolean> {
		return (
			mayChooseIndex(body) ||
			(await this.#options.ingest.concerns({ index, pipeline }))
		);
	}

	/** Whether an update by query writes through a processor of the sidecar's. */
	async concernsUpdate(
		expression: string,
		pipeline: string | undefined,
	): Promise<boolean> {
		const { ingest, indexNames } = this.#options;
		if (await ingest.concerns({ index: undefined, pipeline })) return true;
		for (const index of await indexNames.withPipelines(expression))
			if (await ingest.concerns({ index, pipeline })) return true;
		return false;
	}

	/** Carries an order out. @throws RefusedCall, SidecarError */
	async run(order: ScrollOrder): Promise<CallAnswer> {
		return this.#options.tasks.run(await this.#job(order));
	}

	/** Begins to carry an order out. @returns the id of its task */
	async start(order: ScrollOrder): Promise<string> {
		return this.#options.tasks.start(await this.#job(order));
	}

	async #job(order: ScrollOrder): Promise<ScrollJob> {
		const { plan, slices, call, truncated } = order;
		const { writer, search, tasks, pageBytes, now } = this.#options;
		const signal = tasks.stopped;
		const rewritten = await search.plan(
			{
				body: Buffer.from(membersJson(plan.search)),
				target: plan.source,
				parameters: new Map(),
				answersHits: false,
			},
			{ signal, truncated, call },
		);
		const url = bulkUrl(plan);
		const write = {
			index: undefined,
			pipeline: undefined,
			signal,
			timeoutMs: undefined,
			truncated,
			call,
		};
		return new ScrollJob({
			plan,
			search: rewritten ? rawMembers(rewritten.body) : plan.search,
			slices,
			call,
			write: (items) =>
				writer.write(items, write, (body) => order.sendBulk(url, body)),
			pageBytes,
			now,
		});
	}
}

function bulkUrl({ writeParameters }: ScrollPlan): string {
	const parameters = new URLSearchParams([...writeParameters]).toString();
	return parameters === "" ? "/_bulk" : `/_bulk?${parameters}`;
}
