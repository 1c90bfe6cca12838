import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { SidecarError } from "../errors.ts";
import { type BodyLimit, readBody } from "../http/client-body.ts";

/**
 * Makes a scope read every body as JSON, whatever its content type: clients of ml-commons label bodies as they
 * like, or not at all, and send none where one is expected. `request.body` is undefined for none.
 */
export function readJsonBodies(app: FastifyInstance, limit: BodyLimit): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", async (request: FastifyRequest) =>
		parse(await readBody(request, limit)),
	);
}

/** Makes a scope leave bodies to its handlers, those of GET among them, which Fastify neither reads nor checks. */
export function leaveBodies(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, _payload, done) => done(null));
}

/**
 * The JSON body of a request in a scope that leaves bodies; null for none.
 *
 * @throws SidecarError bad_json, bad_request, too_large
 */
export async function readJsonBody<S extends TSchema>(
	request: FastifyRequest,
	{ schema, limit }: { schema: S; limit: BodyLimit },
): Promise<Static<S>> {
	const body = parse(await readBody(request, limit)) ?? null;
	const [problem] = Value.Errors(schema, body);
	if (problem === undefined && Value.Check(schema, body)) return body;
	throw new SidecarError(
		"bad_request",
		`body${problem?.instancePath ?? ""} ${problem?.message ?? "is not valid"}`,
	);
}

function parse(body: Buffer): unknown {
	if (body.length === 0) return undefined;
	try {
		return JSON.parse(body.toString("utf8"));
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SidecarError("bad_json", `the body is not JSON: ${reason}`, {
			cause,
		});
	}
}
