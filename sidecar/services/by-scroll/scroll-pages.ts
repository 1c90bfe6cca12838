import { RefusedCall, SidecarError } from "../../errors.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
	rawElements,
	rawMembers,
} from "../../search/raw-json.ts";
import { parseTime } from "../time-value.ts";
import type {
	CallAnswer,
	CallToOpenSearch,
	ClientCall,
} from "../writes/client-call.ts";
import { pauses } from "./pauses.ts";
import type { ScrollPlan } from "./scroll-plan.ts";

/** A document that was found. */
export interface Hit {
	index: string;
	id: string;
	routing: string | undefined;
	/** -1 where it was not asked for. */
	version: number;
	seqNo: number | undefined;
	primaryTerm: number | undefined;
	/** As JSON. */
	source: string;
}

/** What a search, or the next part of it, found. */
export interface Page {
	hits: readonly Hit[];
	/** How many documents there are in all. */
	total: number;
	timedOut: boolean;
	/** Of shards, as they stand in an answer of a reindex. */
	failures: readonly string[];
}

export interface ScrollPagesOptions {
	call: ClientCall;
	plan: ScrollPlan;
	/** The search's body, in which `neural` queries have become others. */
	search: RawMembers;
	slice: { id: number; max: number } | undefined;
	/** A page at most, bytes: the first one is asked for again, smaller, until it is. */
	pageBytes: number;
	/** Is told of each call that is repeated because OpenSearch has too much to do. */
	retried(): void;
	wait(ms: number): Promise<void>;
}

/** The documents that a search finds, page by page. */
export class ScrollPages {
	readonly #options: ScrollPagesOptions;
	#scrollId: string | undefined;

	constructor(options: ScrollPagesOptions) {
		this.#options = options;
	}

	/**
	 * Searches. A page is in memory whole: pages get half as many documents until the first one takes no more than it may.
	 *
	 * @throws RefusedCall, SidecarError
	 */
	async open(): Promise<Page> {
		const { plan, pageBytes } = this.#options;
		for (let size = plan.pageSize; ; size = Math.ceil(size / 2)) {
			const body = await this.#search(size);
			if (body === undefined) continue;
			const page = this.#read(body);
			if (body.length <= pageBytes || size === 1) return page;
			await this.close();
		}
	}

	/**
	 * The next page; an empty one is the last.
	 *
	 * @param delayMs for how long it may be left lying until the page after it is asked for, besides the usual time
	 */
	async next(delayMs: number): Promise<Page> {
		const { keepAlive } = this.#options.plan;
		const scroll =
			delayMs > 0
				? `${Math.ceil(delayMs) + parseTime("scroll", keepAlive)}ms`
				: keepAlive;
		// Never asked twice unless it was turned away: the documents of an answer that was lost would be passed over.
		const { body } = await this.#ask({
			method: "POST",
			url: "/_search/scroll",
			body: JSON.stringify({ scroll, scroll_id: this.#scrollId }),
		});
		return this.#read(body);
	}

	/** Has OpenSearch forget the search; it does so by itself after a while. */
	async close(): Promise<void> {
		if (this.#scrollId === undefined) return;
		const body = JSON.stringify({ scroll_id: this.#scrollId });
		this.#scrollId = undefined;
		try {
			await this.#options.call({
				method: "DELETE",
				url: "/_search/scroll",
				body,
			});
		} catch (error) {
			if (!(error instanceof SidecarError)) throw error;
		}
	}

	/** Undefined where the answer is larger than any may be. */
	async #search(size: number): Promise<string | undefined> {
		const { plan, search, slice } = this.#options;
		const parameters = new URLSearchParams([
			...plan.searchParameters,
			["scroll", plan.keepAlive],
			["size", String(size)],
		]);
		if (!plan.destination) parameters.set("seq_no_primary_term", "true");
		else if (plan.destination.versionType !== undefined)
			parameters.set("version", "true");
		const body = new Map(search);
		if (!body.has("sort") && !plan.searchParameters.has("sort"))
			body.set("sort", '["_doc"]');
		if (slice) body.set("slice", JSON.stringify(slice));
		try {
			const answer = await this.#ask({
				method: "POST",
				url: `/${encodeURIComponent(plan.source)}/_search?${parameters}`,
				body: membersJson(body),
			});
			return answer.body;
		} catch (error) {
			const isTooLarge =
				error instanceof SidecarError && error.code === "upstream_broken";
			if (isTooLarge && size > 1) return undefined;
			throw error;
		}
	}

	/** OpenSearch's answer, after some tries where it has too much to do. */
	async #ask(call: CallToOpenSearch): Promise<CallAnswer> {
		let answer = await this.#options.call(call);
		for (const pause of pauses) {
			if (answer.status !== 429) break;
			this.#options.retried();
			await this.#options.wait(pause);
			answer = await this.#options.call(call);
		}
		if (answer.status !== 200) throw new RefusedCall(answer);
		return answer;
	}

	#read(body: string): Page {
		const answer = rawMembers(body);
		const hits = rawMembers(answer.get("hits") ?? "{}");
		this.#scrollId = String(parsedValue(answer.get("_scroll_id")));
		const total = rawMembers(hits.get("total") ?? "{}").get("value");
		const shards = rawMembers(answer.get("_shards") ?? "{}");
		return {
			hits: rawElements(hits.get("hits")).map(readHit),
			total: Number(total ?? 0),
			timedOut: answer.get("timed_out") === "true",
			failures: rawElements(shards.get("failures")).map(readFailure),
		};
	}
}

function readHit(text: string): Hit {
	const hit = rawMembers(text);
	const source = hit.get("_source");
	const id = String(parsedValue(hit.get("_id")));
	if (source === undefined)
		throw new SidecarError(
			"bad_request",
			`[${String(parsedValue(hit.get("_index")))}][${id}] didn't store _source`,
		);
	const routing = parsedValue(hit.get("_routing"));
	return {
		index: String(parsedValue(hit.get("_index"))),
		id,
		routing: typeof routing === "string" ? routing : undefined,
		version: Number(hit.get("_version") ?? -1),
		seqNo: numberOf(hit.get("_seq_no")),
		primaryTerm: numberOf(hit.get("_primary_term")),
		source,
	};
}

function numberOf(text: string | undefined): number | undefined {
	return text === undefined ? undefined : Number(text);
}

function readFailure(text: string): string {
	const failure = rawMembers(text);
	const order = ["shard", "index", "node", "reason"];
	const members = order.flatMap((name) => {
		const value = failure.get(name);
		return value === undefined ? [] : ([[name, value]] as const);
	});
	return membersJson(new Map([...members, ["status", "500"]]));
}
