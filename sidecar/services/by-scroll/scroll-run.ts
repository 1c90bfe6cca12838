import { setTimeout } from "node:timers/promises";
import pLimit from "p-limit";
import type { BulkResult } from "../../../ingest/bulk/bulk-answer.ts";
import type { BulkItem } from "../../../ingest/bulk/bulk-lines.ts";
import { isObject } from "../../../ingest/json.ts";
import type { ScrollStatus } from "../../../schemas/scroll-task.ts";
import type { RawMembers } from "../../search/raw-json.ts";
import type { BulkReply, SliceAnswer } from "../writes/bulk-writer.ts";
import type { ClientCall } from "../writes/client-call.ts";
import { allEnd } from "./all-end.ts";
import { BatchWriter } from "./batch-writer.ts";
import { outcomeOf, type RunOutcome } from "./run-outcome.ts";
import { runScript, type Scripted } from "./script-run.ts";
import { ScrollCounts } from "./scroll-counts.ts";
import { type Hit, type Page, ScrollPages } from "./scroll-pages.ts";
import type { ScrollPlan } from "./scroll-plan.ts";
import { Throttle } from "./throttle.ts";
import { itemsOf, routingOf } from "./write-lines.ts";

export interface ScrollRunOptions {
	plan: ScrollPlan;
	/** The search's body, in which `neural` queries have become others. */
	search: RawMembers;
	slice: { id: number; max: number } | undefined;
	/** Calls OpenSearch in the client's name. */
	call: ClientCall;
	/** Embeds and writes items, in parts. */
	write(
		items: AsyncIterable<readonly BulkItem[]>,
	): AsyncIterable<SliceAnswer<BulkReply>>;
	pageBytes: number;
	now: () => number;
	/** Says why the run is to end early: `reason` is told in its status. */
	ended: AbortSignal;
}

/** Documents of a page that are written together: between them a run can be ended. */
const documentsAtOnce = 256;

/** Parts of a page that are worked on at the same time: one is embedded while OpenSearch writes another. */
const partsAtOnce = 2;

/** A reindex, or an update by query, or one slice of it: page after page is read, changed and written. */
export class ScrollRun {
	readonly #options: ScrollRunOptions;
	readonly #counts = new ScrollCounts();
	readonly #throttle: Throttle;
	readonly #writer: BatchWriter;
	readonly #indices = new Set<string>();

	constructor(options: ScrollRunOptions) {
		const { plan, now, ended } = options;
		this.#options = options;
		this.#throttle = new Throttle(plan.requestsPerSecond, { now, ended });
		this.#writer = new BatchWriter({
			write: options.write,
			retried: () => {
				this.#counts.bulkRetries++;
			},
			wait: (ms) => this.#wait(ms),
			ended,
		});
	}

	get status(): ScrollStatus {
		const { ended } = this.#options;
		const counts = this.#counts;
		const rate = ended.aborted ? Number.POSITIVE_INFINITY : this.#throttle.rate;
		return {
			total: counts.total,
			updated: counts.updated,
			created: counts.created,
			deleted: counts.deleted,
			batches: counts.batches,
			version_conflicts: counts.versionConflicts,
			noops: counts.noops,
			retries: { bulk: counts.bulkRetries, search: counts.searchRetries },
			throttled_millis: this.#throttle.heldMs,
			requests_per_second: Number.isFinite(rate) ? rate : -1,
			...(ended.aborted && { canceled: String(ended.reason) }),
			throttled_until_millis: this.#throttle.remainingMs,
		};
	}

	/** The indices that something was written to. */
	get indices(): ReadonlySet<string> {
		return this.#indices;
	}

	set requestsPerSecond(rate: number) {
		this.#throttle.rate = rate;
	}

	/** @throws RefusedCall, SidecarError */
	async run(): Promise<RunOutcome> {
		const { plan, ended, now } = this.#options;
		const pages = new ScrollPages({
			...this.#options,
			retried: () => {
				this.#counts.searchRetries++;
			},
			wait: (ms) => this.#wait(ms),
		});
		try {
			for (let page = await pages.open(); ; ) {
				const begunAt = now();
				const outcome = this.#begin(page);
				if (outcome) return outcome;
				const { failed, sent } = await this.#batch(page.hits);
				if (failed.length > 0 || ended.aborted || this.#isComplete)
					return outcomeOf(failed);
				page = await pages.next(this.#throttle.delay(begunAt, sent));
				await this.#throttle.hold(begunAt, sent);
				if (ended.aborted) return outcomeOf([]);
			}
		} finally {
			await pages.close();
			this.#counts.total = Math.min(
				this.#counts.total,
				plan.maxDocs ?? this.#counts.total,
			);
		}
	}

	/** Takes what a page says; undefined where it has documents to go on with. */
	#begin({ hits, total, timedOut, failures }: Page): RunOutcome | undefined {
		const { plan, ended } = this.#options;
		this.#counts.total = Math.min(total, plan.maxDocs ?? total);
		if (timedOut || failures.length > 0)
			return { timedOut, failures, failureStatus: failures.length && 500 };
		if (hits.length === 0 || ended.aborted) return outcomeOf([]);
		this.#counts.batches++;
		return undefined;
	}

	get #isComplete(): boolean {
		const { maxDocs } = this.#options.plan;
		return maxDocs !== undefined && this.#counts.written >= maxDocs;
	}

	/** Changes and writes a page's documents. @returns those that failed, and how many were sent */
	async #batch(
		hits: readonly Hit[],
	): Promise<{ failed: BulkResult[]; sent: number }> {
		const { plan } = this.#options;
		const left =
			(plan.maxDocs ?? Number.POSITIVE_INFINITY) - this.#counts.written;
		const wanted = hits.slice(0, Math.max(0, left));
		const parts: Hit[][] = [];
		for (let start = 0; start < wanted.length; start += documentsAtOnce)
			parts.push(wanted.slice(start, start + documentsAtOnce));
		// A script may give two documents one id, of which the later one is to stay.
		const limit = pLimit(plan.script === undefined ? partsAtOnce : 1);
		const written = await allEnd(
			parts.map((part) => limit(() => this.#write(part))),
		);
		return {
			failed: written.flatMap(({ failed }) => failed),
			sent: written.reduce((sum, part) => sum + part.sent, 0),
		};
	}

	async #write(
		hits: readonly Hit[],
	): Promise<{ failed: BulkResult[]; sent: number }> {
		const { plan, ended } = this.#options;
		if (ended.aborted) return { failed: [], sent: 0 };
		const documents = await this.#scripted(
			hits.map((hit) => ({ ...hit, routing: routingOf(plan, hit.routing) })),
		);
		const items = await itemsOf(documents, plan);
		this.#counts.noops += documents.length - items.length;
		const results = await this.#writer.write(items);
		const failed = results.filter((result) => !this.#count(result));
		return { failed, sent: items.length };
	}

	async #scripted(hits: readonly Hit[]): Promise<Scripted[]> {
		const { plan, call } = this.#options;
		const { script, destination } = plan;
		if (script === undefined)
			return hits.map((hit) => ({
				operation: "index",
				hit,
				movedTo: undefined,
			}));
		return runScript(hits, {
			call,
			script,
			mayMove: destination !== undefined,
			isVersioned: destination?.versionType !== undefined,
		});
	}

	/** Whether a result is no failure of the whole. */
	#count({ json, status, index, error }: BulkResult): boolean {
		const counts = this.#counts;
		if (error) {
			if (status !== 409) return false;
			counts.versionConflicts++;
			return this.#options.plan.proceeds;
		}
		if (index !== undefined) this.#indices.add(index);
		const [entry] = Object.entries(parsed(json));
		const [operation, outcome] = entry ?? [];
		const result = isObject(outcome) ? outcome.result : undefined;
		if (operation === "delete") counts.deleted++;
		else if (result === "created") counts.created++;
		else counts.updated++;
		return true;
	}

	/** The end of the run ends the wait. */
	async #wait(ms: number): Promise<void> {
		const { ended } = this.#options;
		await setTimeout(ms, undefined, { signal: ended }).catch(() => undefined);
	}
}

function parsed(json: string): object {
	const value: unknown = JSON.parse(json);
	return isObject(value) ? value : {};
}
