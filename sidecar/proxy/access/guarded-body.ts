import { isUtf8 } from "node:buffer";
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { isWide } from "../../../ingest/body-text.ts";
import { LineTooLong, splitLines } from "../../../ingest/bulk/bulk-lines.ts";
import { SidecarError } from "../../errors.ts";
import { readBeginning } from "../../http/body-beginning.ts";
import {
	type BodyLimit,
	bytesOf,
	hasBody,
	tooLarge,
} from "../../http/client-body.ts";
import { ForwardedBody } from "../../http/forwarded-body.ts";
import type { Replacement } from "../upstream.ts";
import { type BodyEncoding, bodyEncoding, inflated } from "./body-encoding.ts";
import type { BodyLanguage } from "./body-language.ts";
import { GuardedBulk } from "./guarded-bulk.ts";
import { guardedJson } from "./guarded-json.ts";
import { guardedSearches, type HeaderDefaults } from "./guarded-searches.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";
import { pacedParts } from "./paced-parts.ts";
import { checkRendered, type RenderTemplate } from "./rendered-template.ts";
import { searchedStream } from "./searched-stream.ts";
import {
	isSuspicious,
	isSuspiciousForeign,
	isSuspiciousPart,
} from "./suspicion.ts";

export interface BodyGuardOptions {
	language: BodyLanguage;
	names: HiddenNames;
	defaults: HeaderDefaults;
	render: RenderTemplate;
	/** A body that is read whole, or a line of a multi-search; nothing else is kept in memory. */
	limit: BodyLimit;
}

/** Bytes of a bulk that are read without a pause: about a millisecond. */
const atOnce = 262_144;

/** Formats that OpenSearch reads besides JSON. */
const foreign = /yaml|smile|cbor/i;

/**
 * The body to send where the client's, or the one that a route made of it, could reach the sidecar's indices. Bulks
 * and multi-searches are read while they pass; any other body is read whole and, where it holds nothing that has to
 * be parsed, sent on as it came.
 *
 * @throws SidecarError forbidden_index where it names one of them, too_large where that can't be found out within
 * the limit; the same are the errors of the stream that is returned
 */
export async function guardedBody(
	request: FastifyRequest,
	replacement: Replacement | undefined,
	options: BodyGuardOptions,
): Promise<Replacement | undefined> {
	const { language } = options;
	if (language === "none") return replacement;
	if (!replacement && !hasBody(request.raw))
		return language === "restore"
			? restoreOfEverything(request, options)
			: undefined;
	const address =
		replacement?.url === undefined ? {} : { url: replacement.url };
	const isForeign = foreign.test(request.raw.headers["content-type"] ?? "");
	const inTurns =
		language === "bulk" || language === "searches" || language === "templates";
	if (isForeign || !inTurns) {
		const guarded = await whole(request, replacement, { options, isForeign });
		return guarded === replacement ? replacement : { ...guarded, ...address };
	}
	if (
		language === "bulk" &&
		replacement &&
		!replacement.asSent &&
		Buffer.isBuffer(replacement.body)
	) {
		await checkBulk(replacement.body, options.names);
		return { body: replacement.body, ...address };
	}
	const encoding = isOwn(replacement) ? bodyEncoding(request) : "none";
	const source = decodedSource(request, replacement, encoding);
	const body =
		language === "bulk"
			? bulkParts(source, options.names)
			: searchLines(source, language, options);
	const asSent =
		language === "bulk" && isOwn(replacement) && encoding === "none";
	return {
		body: Readable.from(body, { objectMode: false }),
		...(asSent && { asSent }),
		...address,
	};
}

/** Whether the bytes are the client's, in the client's encoding. */
function isOwn(replacement: Replacement | undefined): boolean {
	return !replacement || replacement.asSent === true;
}

async function* decodedSource(
	request: FastifyRequest,
	replacement: Replacement | undefined,
	encoding: BodyEncoding,
): AsyncGenerator<Buffer> {
	if (encoding === "none") yield* bytesSent(request, replacement);
	else if (!replacement) yield* bytesOf(request);
	else throw new SidecarError("internal", "a body was read in its encoding");
}

/** The body as it is, without a change of its encoding. */
function bytesSent(
	request: FastifyRequest,
	replacement: Replacement | undefined,
): AsyncIterable<Buffer> {
	return replacement ? bytesIn(replacement) : new ForwardedBody(request.raw);
}

async function* bytesIn({ body }: Replacement): AsyncGenerator<Buffer> {
	if (body instanceof Readable)
		for await (const part of body) yield Buffer.from(part);
	else yield Buffer.from(body);
}

/** Reads a bulk that is in memory already: it goes on in one piece. */
async function checkBulk(body: Buffer, names: HiddenNames): Promise<void> {
	const guard = new GuardedBulk(names);
	if (body.length <= atOnce) guard.next(body);
	else
		for await (const part of pacedParts(Readable.from([body])))
			guard.next(part);
	guard.end();
}

async function* bulkParts(
	source: AsyncIterable<Buffer>,
	names: HiddenNames,
): AsyncGenerator<Buffer> {
	const guard = new GuardedBulk(names);
	for await (const part of pacedParts(source)) {
		const passed = guard.next(part);
		if (passed.length > 0) yield passed;
	}
	const rest = guard.end();
	if (rest.length > 0) yield rest;
}

async function* searchLines(
	source: AsyncIterable<Buffer>,
	language: "searches" | "templates",
	{ limit, ...options }: BodyGuardOptions,
): AsyncGenerator<Buffer> {
	try {
		const lines = splitLines(pacedParts(source), limit.bytes);
		yield* guardedSearches(lines, language, options);
	} catch (error) {
		throw error instanceof LineTooLong ? tooLarge(limit) : error;
	}
}

async function whole(
	request: FastifyRequest,
	replacement: Replacement | undefined,
	{ options, isForeign }: { options: BodyGuardOptions; isForeign: boolean },
): Promise<Replacement> {
	const { language, names, limit } = options;
	const encoding = isOwn(replacement) ? bodyEncoding(request) : "none";
	// A replacement has been counted when the client's body was read.
	const take = (bytes: number) => {
		if (!replacement) limit.budget?.take(request.raw, bytes);
	};
	const given = replacement ? replacement.body : request.raw;
	const { bytes: sent, rest } =
		given instanceof Readable
			? await readBeginning(given, limit.bytes, take)
			: { bytes: Buffer.isBuffer(given) ? given : Buffer.from(given) };
	const sentAs = isOwn(replacement) ? { asSent: true } : {};
	const asItCame =
		replacement && !(given instanceof Readable)
			? replacement
			: { body: sent, ...sentAs };
	if (sent.length > limit.bytes) {
		const isPlain = (part: Buffer) =>
			!isForeign && !isSuspiciousPart(part, language, names);
		if (encoding !== "none" || isWide(sent) || !isPlain(sent)) {
			rest?.destroy();
			throw tooLarge(limit);
		}
		if (!rest) return asItCame;
		const searched = searchedStream(sent, rest, (part) => {
			if (!isPlain(part)) throw tooLarge(limit);
		});
		return { body: Readable.from(searched, { objectMode: false }), ...sentAs };
	}
	const decoded =
		encoding === "none" ? sent : await inflated(sent, encoding, limit);
	if (decoded !== undefined && decoded !== sent) take(decoded.length);
	// OpenSearch refuses what does not inflate, unless it was only said to be encoded.
	const body = decoded ?? sent;
	if (isForeign) {
		if (decoded) checkForeign(request, decoded, options);
		else if (names.mentionedIn(sent.toString("latin1")))
			throw forbidden("the body");
		return asItCame;
	}
	const changed = isSuspicious(body, language, names)
		? guardedJson(body, language, names)
		: undefined;
	if (language === "template") await checkRendered(body, names, options.render);
	return changed === undefined ? asItCame : { body: changed };
}

function checkForeign(
	{ raw }: FastifyRequest,
	body: Buffer,
	{ language, names }: BodyGuardOptions,
): void {
	const isYaml = /yaml/i.test(raw.headers["content-type"] ?? "");
	if (isYaml && (isWide(body) || !isUtf8(body)))
		throw new SidecarError("bad_request", "the body is not YAML in UTF-8");
	if (isSuspiciousForeign(body, language, names)) throw forbidden("the body");
}

/** The body that a restore without a body gets, with the header that says what it is. */
function restoreOfEverything(
	request: FastifyRequest,
	{ language, names }: BodyGuardOptions,
): Replacement | undefined {
	const body = guardedJson(Buffer.alloc(0), language, names);
	if (body === undefined) return undefined;
	if (request.raw.headers["content-type"] === undefined)
		request.raw.rawHeaders.push("content-type", "application/json");
	return { body };
}
