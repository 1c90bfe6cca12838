import type { FastifyReply, FastifyRequest } from "fastify";
import { isObject } from "../../../ingest/json.ts";
import { errorEnvelope } from "../../errors.ts";
import type { Upstream } from "../upstream.ts";
import { meansTemplate, templateNamespace } from "./hidden-names.ts";
import { NameShape } from "./name-shape.ts";
import { parseTarget } from "./request-target.ts";

/** Whether a request deletes index templates by a wildcard that matches the sidecar's. */
export function matchesOwnTemplates({
	method,
	originalUrl,
}: FastifyRequest): boolean {
	if (method !== "DELETE" || !originalUrl.includes("_index_template"))
		return false;
	return (
		NameShape.ofPattern(patternOf(originalUrl)).mayBegin(templateNamespace) &&
		patternOf(originalUrl).includes("*")
	);
}

/**
 * Deletes the templates that a wildcard matches one by one, in the client's name, all but the sidecar's own, and
 * answers as OpenSearch does. The first that OpenSearch refuses to delete ends it, and its answer is the answer.
 */
export async function deleteOtherTemplates(
	request: FastifyRequest,
	reply: FastifyReply,
	upstream: Upstream,
): Promise<FastifyReply> {
	const pattern = patternOf(request.originalUrl);
	const listed = await upstream.read(request, {
		method: "GET",
		url: `/_index_template/${encodeURIComponent(pattern)}`,
		json: true,
	});
	if (listed.status !== 200 && listed.status !== 404)
		return reply
			.status(listed.status)
			.headers(listed.headers)
			.header("content-type", listed.contentType)
			.send(listed.body);
	const names = listed.status === 200 ? namesIn(listed.body) : [];
	const others = names.filter((name) => !meansTemplate(name));
	if (others.length === 0 && pattern !== "*")
		return reply.status(404).send(
			errorEnvelope({
				type: "index_template_missing_exception",
				message: `index_template [${pattern}] missing`,
				status: 404,
			}),
		);
	const query = /\?.*/s.exec(request.originalUrl)?.[0] ?? "";
	for (const name of others) {
		const url = `/_index_template/${encodeURIComponent(name)}${query}`;
		const { status, headers, contentType, body } = await upstream.read(
			request,
			{ url },
		);
		// Somebody else may have deleted it meanwhile.
		if (status !== 200 && status !== 404)
			return reply
				.status(status)
				.headers(headers)
				.header("content-type", contentType)
				.send(body);
	}
	return reply.send({ acknowledged: true });
}

function patternOf(url: string): string {
	const { segments, parameters } = parseTarget(url);
	if (segments[0] !== "_index_template") return "";
	const name = parameters.find((parameter) => parameter.name === "name");
	return segments[1] ?? name?.value ?? "";
}

function namesIn(body: string): string[] {
	const parsed: unknown = JSON.parse(body);
	const templates = isObject(parsed) ? parsed.index_templates : undefined;
	return Array.isArray(templates)
		? templates.flatMap((template: unknown) =>
				isObject(template) && typeof template.name === "string"
					? [template.name]
					: [],
			)
		: [];
}
