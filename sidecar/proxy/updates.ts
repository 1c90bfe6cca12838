import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { unseenReason } from "../../ingest/pipelines/guard-processor.ts";
import { SidecarError } from "../errors.ts";
import { type BodyLimit, inflate } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { type QueryParameters, readQuery } from "../http/query-parameters.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { IngestService } from "../services/writes/ingest.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import type { UpdateRequest } from "../services/writes/update-request.ts";
import { replacedTooLate } from "../services/writes/update-script.ts";
import type { UpdateService } from "../services/writes/updates.ts";
import { readUpTo } from "./changed-body.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { handOn } from "./exchange.ts";
import {
	guardReason,
	mayBeGuards,
	raiseGuardFailure,
	textOf,
} from "./guard-failure.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface UpdatesOptions {
	upstream: Upstream;
	ingest: IngestService;
	updates: UpdateService;
	pipelines: PipelineService;
	callers: CallerService;
	/** One update. */
	limit: BodyLimit;
}

interface UpdateParams {
	Params: { index: string; id: string };
}

/** Attempts after the first one where another write comes between, unless the client says how many. */
const attemptsAgain = 3;

/** `_update`: what it leaves of a document is embedded where the index's pipeline asks for it. */
export function updates(options: UpdatesOptions): FastifyPluginAsync {
	const { upstream, ingest, updates, pipelines, callers, limit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.post<UpdateParams>("/:index/_update/:id", async (request, reply) => {
			if (!(await pipelines.anyGuarded()))
				return upstream.forward(request, reply);
			const parameters = parametersOf(request);
			const retries = parameters && retriesIn(parameters);
			if (!parameters || Number.isNaN(retries))
				return upstream.forward(request, reply);
			return send(request, reply, {
				...request.params,
				pipeline: undefined,
				routing: parameters.get("routing"),
				readUrl: urlWith(request.originalUrl, (name) => addressing.has(name)),
				shown: {
					_source: parameters.get("_source"),
					_source_includes: parameters.get("_source_includes"),
					_source_excludes: parameters.get("_source_excludes"),
				},
				isConditional: parameters.has("if_seq_no"),
				retries,
				signal: clientSignal(reply),
				timeoutMs: clientTimeoutMs(request.originalUrl),
				truncated: new TruncatedTexts(),
				call: clientCall(upstream, request),
			});
		});
	};

	async function send(
		request: FastifyRequest,
		reply: FastifyReply,
		update: UpdateRequest,
	): Promise<FastifyReply> {
		const raw = await readUpTo(request, limit, () => false);
		const body = Buffer.isBuffer(raw)
			? await inflate(request, raw, limit)
			: undefined;
		if (!body)
			return upstream.forward(request, reply, { body: raw, asSent: true });
		let attempts = 0;
		// What is known of the index's pipelines may be old: then a guard refuses the document, and all is done once more.
		for (let isAgain = false; ; ) {
			const concerned = await ingest.concerns(update);
			if (concerned) await callers.identify(request.raw.headers);
			const prepared = concerned
				? await updates.prepare(body, update)
				: undefined;
			const held = await upstream.ask(request, reply, {
				...(prepared ? { body: prepared.body } : { body: raw, asSent: true }),
				...(prepared?.pinned && { url: withoutRetries(request.originalUrl) }),
				addedHeaders: () => truncatedTextsHeaders(update.truncated.count),
				holds: (status) =>
					mayBeGuards(status) ||
					(prepared?.pinned === true && mayBeLate(status)),
			});
			if (!held) return reply;
			const text = textOf(held);
			const isLate =
				prepared?.pinned === true &&
				(held.status !== 400 || text.includes(replacedTooLate));
			if (isLate && !update.isConditional && mayBeLate(held.status))
				if (attempts++ < (update.retries ?? attemptsAgain)) continue;
			const isUnseen = guardReason(text)?.includes(unseenReason);
			if (isUnseen && prepared?.refusal !== undefined)
				throw new SidecarError("bad_request", prepared.refusal);
			if (isUnseen && !isAgain) {
				pipelines.forget();
				isAgain = true;
				continue;
			}
			raiseGuardFailure(held, prepared?.failure);
			return handOn(reply, held);
		}
	}
}

/** What of an update's URL says which document it means. */
const addressing: ReadonlySet<string> = new Set([
	"routing",
	"require_alias",
	"if_seq_no",
	"if_primary_term",
]);

/** An update for one version of a document can't be repeated by OpenSearch. */
function withoutRetries(url: string): string {
	return urlWith(url, (name) => name !== "retry_on_conflict");
}

/** A URL with some of its parameters; what is left stays to the byte. */
function urlWith(url: string, keep: (name: string) => boolean): string {
	const [path = "", query = ""] = url.split("#", 1)[0]?.split("?") ?? [];
	const kept = query
		.split(/[&;]/)
		.filter((piece) => keep(piece.split("=", 1)[0] ?? ""));
	return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}

/** NaN for what OpenSearch refuses. */
function retriesIn(parameters: QueryParameters): number | undefined {
	const text = parameters.get("retry_on_conflict");
	if (text === undefined) return undefined;
	return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** Undefined for a URL that OpenSearch refuses, in words of its own. */
function parametersOf({
	originalUrl,
}: FastifyRequest): QueryParameters | undefined {
	try {
		return readQuery(originalUrl);
	} catch (error) {
		if (error instanceof SidecarError) return undefined;
		throw error;
	}
}

/** Whether an answer may say that the document was another one by the time that the update came. */
function mayBeLate(status: number): boolean {
	return status === 409 || status === 404 || status === 400;
}
