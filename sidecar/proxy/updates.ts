import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import { clientSignal } from "../http/client-signal.ts";
import {
	type QueryParameters,
	readQuery,
	withParameters,
} from "../http/query-parameters.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { UpdateRequest } from "../services/writes/update-request.ts";
import { replacedTooLate } from "../services/writes/update-script.ts";
import type { UpdateService } from "../services/writes/updates.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import type { HeldAnswer } from "./exchange.ts";
import { textOf } from "./guard-failure.ts";
import {
	type GuardedWrite,
	type GuardedWriteOptions,
	sendGuarded,
} from "./guarded-write.ts";
import { keepBodiesRaw } from "./pass-through.ts";

export interface UpdatesOptions extends GuardedWriteOptions {
	updates: UpdateService;
}

interface UpdateParams {
	Params: { index: string; id: string };
}

/** Attempts after the first one where another write comes between, unless the client says how many. */
const attemptsAgain = 3;

/** `_update`: what it leaves of a document is embedded where the index's pipeline asks for it. */
export function updates(options: UpdatesOptions): FastifyPluginAsync {
	const { upstream, updates, pipelines } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.post<UpdateParams>("/:index/_update/:id", async (request, reply) => {
			if (!(await pipelines.anyGuarded()))
				return upstream.forward(request, reply);
			const parameters = parametersOf(request);
			const retries = parameters && retriesIn(parameters);
			if (!parameters || Number.isNaN(retries))
				return upstream.forward(request, reply);
			const update: UpdateRequest = {
				...request.params,
				pipeline: undefined,
				routing: parameters.get("routing"),
				readUrl: withParameters(request.originalUrl, (name) =>
					addressing.has(name),
				),
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
			};
			const prepare = preparation(request, update);
			return sendGuarded(options, { request, reply, write: update, prepare });
		});
	};

	/** What is sent for one update, each time that it is tried. */
	function preparation(
		{ originalUrl }: FastifyRequest,
		update: UpdateRequest,
	): GuardedWrite["prepare"] {
		let attempts = 0;
		const isWanted = (held: HeldAnswer) =>
			!update.isConditional &&
			isLate(held) &&
			attempts++ < (update.retries ?? attemptsAgain);
		return async (body) => {
			const prepared = await updates.prepare(body, update);
			if (!prepared?.pinned) return prepared;
			return {
				...prepared,
				url: withParameters(originalUrl, isNoRetry),
				retry: { mayBeMeant: mayBeLate, isWanted },
			};
		};
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
function isNoRetry(name: string): boolean {
	return name !== "retry_on_conflict";
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

/** Whether an answer says so indeed. */
function isLate(held: HeldAnswer): boolean {
	return (
		mayBeLate(held.status) &&
		(held.status !== 400 || textOf(held).includes(replacedTooLate))
	);
}
