import type { FastifyInstance, FastifyRequest } from "fastify";
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
