import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import {
	LineTooLong,
	readItems,
	splitLines,
} from "../../ingest/bulk/bulk-lines.ts";
import { unseenReason } from "../../ingest/pipelines/guard-processor.ts";
import { SidecarError } from "../errors.ts";
import { formatAnswer } from "../http/answer-format.ts";
import { bytesOf } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import { truncatedTextsHeaders } from "../http/truncated-texts.ts";
import type { CallerService } from "../services/callers.ts";
import { TruncatedTexts } from "../services/truncated-texts.ts";
import type { BulkWriter } from "../services/writes/bulk-writer.ts";
import type { ContentLimit } from "../services/writes/content-limit.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import type { WriteRequest } from "../services/writes/write-request.ts";
import { BulkResults } from "./bulk-results.ts";
import { type Wish, wishUnlessRefused } from "./changed-answer.ts";
import { clientCall } from "./client-call.ts";
import { clientTimeoutMs } from "./client-timeout.ts";
import { type HeldAnswer, handOn } from "./exchange.ts";
import { textOf as heldText, mayMention } from "./guard-failure.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { ReadAnswer, Upstream } from "./upstream.ts";

export interface BulkOptions {
	upstream: Upstream;
	writer: BulkWriter;
	pipelines: PipelineService;
	callers: CallerService;
	contentLimit: ContentLimit;
	/** One line at most, in bytes. */
	lineLimit: number;
	/** Where the results of a bulk are that are too many for the memory. */
	resultsFolder: () => Promise<string>;
}

interface BulkRequest {
	Params: { index?: string };
	Querystring: { pipeline?: string; routing?: string };
}

/** Formats in which lines do not end in line breaks. */
const binary = /smile|cbor/i;

/**
 * `_bulk`: documents are embedded while the body passes, group after group, and go on to OpenSearch in parts, of which
 * a bulk of some megabytes is one. Their answers make the client's answer.
 */
export function bulk(options: BulkOptions): FastifyPluginAsync {
	const { upstream, writer, pipelines, callers, contentLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of ["/_bulk", "/:index/_bulk"])
			app.route<BulkRequest>({
				method: ["POST", "PUT"],
				url,
				handler: async (request, reply) => {
					const { headers } = request.raw;
					const limit = await contentLimit.get();
					const wish = wishUnlessRefused(request);
					if (
						!(await pipelines.anyGuarded()) ||
						!wish ||
						binary.test(headers["content-type"] ?? "") ||
						// OpenSearch says that it is too large.
						Number(headers["content-length"] ?? 0) > limit
					)
						return upstream.forward(request, reply);
					// Models work for nobody whom OpenSearch does not know.
					await callers.identify(headers);
					const write: WriteRequest = {
						index: request.params.index,
						pipeline: request.query.pipeline,
						routing: request.query.routing,
						signal: clientSignal(reply),
						timeoutMs: clientTimeoutMs(request.originalUrl),
						truncated: new TruncatedTexts(),
						call: clientCall(upstream, request),
					};
					const body = limited(bytesOf(request), limit);
					const lines = splitLines(body, options.lineLimit);
					return named(request, () =>
						run({ request, reply, write, wish }, readItems(lines)),
					);
				},
			});
	};

	async function run(
		exchange: Exchange,
		items: ReturnType<typeof readItems>,
	): Promise<FastifyReply> {
		const { request, write } = exchange;
		const { plainUrl: url } = exchange.wish;
		const begun = performance.now();
		const send = async (body: Buffer | Readable, isWhole: boolean) =>
			isWhole
				? asSent(
						await upstream.ask(request, exchange.reply, {
							body,
							holds: () => true,
						}),
					)
				: upstream.read(request, { url, body, json: true });
		const results = new BulkResults(options.resultsFolder);
		try {
			let last: ReadAnswer | HeldReply | undefined;
			let ingestTook: number | undefined;
			let errors = false;
			for await (const part of writer.write(items, write, send)) {
				if ("whole" in part) return sendWhole(exchange, part.whole);
				last = part.reply ?? last;
				if (part.ingestTook !== undefined)
					ingestTook = (ingestTook ?? 0) + part.ingestTook;
				errors ||= part.results.some(({ error }) => error);
				await results.add(part.results.map(({ json }) => json));
			}
			const took = Math.round(performance.now() - begun);
			const head =
				ingestTook === undefined
					? { took, errors }
					: { took, ingest_took: ingestTook, errors };
			const before = `${JSON.stringify(head).slice(0, -1)},"items":[`;
			const text = results.text(before, "]}");
			return answer(exchange, last).send(
				results.isSmall
					? formatted(exchange, await textOf(text))
					: // Longer than what is kept in memory: it goes as it is.
						text,
			);
		} catch (error) {
			await results.close();
			throw error;
		}
	}
}

interface Exchange {
	request: FastifyRequest;
	reply: FastifyReply;
	write: WriteRequest;
	wish: Wish;
}

/** An answer of which every header and byte can go on. */
interface HeldReply {
	status: number;
	body: string;
	held: HeldAnswer | undefined;
}

/** Its text is not made where nothing in it has to be looked at. */
function asSent(held: HeldAnswer | undefined): HeldReply {
	const text = held && mayMention(held, unseenReason) ? heldText(held) : "";
	return { status: held?.status ?? 0, body: text, held };
}

function sendWhole(
	exchange: Exchange,
	whole: ReadAnswer | HeldReply,
): FastifyReply {
	if ("held" in whole)
		return whole.held ? handOn(exchange.reply, whole.held) : exchange.reply;
	return answer(exchange, whole)
		.status(whole.status)
		.send(formatted(exchange, whole.body));
}

function answer(
	{ reply, write, wish }: Exchange,
	last: ReadAnswer | HeldReply | undefined,
): FastifyReply {
	return reply
		.headers({
			...(last && "headers" in last && last.headers),
			...truncatedTextsHeaders(write.truncated.count),
		})
		.header(
			"content-type",
			wish.format?.yaml
				? "application/yaml"
				: "application/json; charset=UTF-8",
		);
}

/** An answer in the form that the client wants. */
function formatted({ wish }: Exchange, json: string): string {
	return wish.format ? formatAnswer(json, wish.format) : json;
}

/** @throws SidecarError too_large past the limit */
async function* limited(
	body: AsyncIterable<Buffer>,
	limit: number,
): AsyncGenerator<Buffer> {
	let bytes = 0;
	for await (const piece of body) {
		bytes += piece.length;
		if (bytes > limit)
			throw new SidecarError(
				"too_large",
				`the bulk is larger than OpenSearch's http.max_content_length allows, ${limit} bytes; what came before may have been written`,
			);
		yield piece;
	}
}

/** Gives the one error of the pure part a meaning for the client. */
async function named<T>(
	request: FastifyRequest,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof LineTooLong)) throw error;
		request.log.info({ err: error }, "bulk refused");
		throw new SidecarError(
			"too_large",
			`${error.message}, which SIDECAR_BULK_LINE_LIMIT sets`,
			{ cause: error },
		);
	}
}
