import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { utf8Text } from "../../ingest/body-text.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import type { CallerService } from "../services/callers.ts";
import type {
	SemanticIndices,
	TemplateKind,
} from "../services/semantic/semantic-indices.ts";
import type {
	IndexChange,
	SemanticMappings,
} from "../services/semantic/semantic-mappings.ts";
import type { SemanticPipelines } from "../services/semantic/semantic-pipelines.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { sendJson, wishUnlessRefused } from "./changed-answer.ts";
import { passNone, readInflated } from "./changed-body.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import { sendChange } from "./stored-pipelines.ts";
import type { ReadAnswer, Replacement, Upstream } from "./upstream.ts";

/** What takes care of `semantic` fields. */
export interface SemanticParts {
	indices: SemanticIndices;
	mappings: SemanticMappings;
	pipelines: SemanticPipelines;
}

export interface MappingRoutesOptions {
	upstream: Upstream;
	semantic: SemanticParts;
	pipelines: PipelineService;
	callers: CallerService;
	bodyLimit: BodyLimit;
}

interface IndexRequest {
	Params: { index: string };
}

/** A client's body: as it was sent, and as text where it is one that may have to be changed. */
interface ReadText {
	sent: Replacement | undefined;
	text: string | undefined;
}

/** What becomes of a request's body, and what follows its success. */
interface WholeChange {
	change(text: string): Promise<string | undefined>;
	after?(): Promise<void>;
}

const templates: Readonly<Record<string, TemplateKind>> = {
	"/_index_template/:name": "composable",
	"/_component_template/:name": "component",
	"/_template/:name": "legacy",
};

/** Indices, mappings, settings and templates on their way in: `semantic` fields become what OpenSearch can store. */
export function mappings(options: MappingRoutesOptions): FastifyPluginAsync {
	const { upstream, semantic, pipelines, callers, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.put<IndexRequest>("/:index", (request, reply) =>
			whole(request, reply, {
				change: async (text) =>
					isReserved(request.params.index)
						? undefined
						: semantic.indices.forIndex(request.params.index, text),
			}),
		);
		for (const [url, kind] of Object.entries(templates))
			for (const method of ["PUT", "POST"])
				app.route<{ Params: { name: string } }>({
					method,
					url,
					handler: (request, reply) =>
						whole(request, reply, {
							change: (text) => semantic.indices.forTemplate(kind, text),
							...(kind === "component" && {
								after: () => semantic.indices.refresh(request.params.name),
							}),
						}),
				});
		for (const part of ["_mapping", "_mappings"])
			for (const method of ["PUT", "POST"])
				app.route<IndexRequest>({
					method,
					url: `/:index/${part}`,
					handler: (request, reply) =>
						each(request, reply, (text) =>
							semantic.mappings.forMapping(request.params.index, text),
						),
				});
		app.put<Partial<IndexRequest>>("/_settings", (request, reply) =>
			each(request, reply, (text) =>
				semantic.mappings.forSettings("_all", text),
			),
		);
		app.put<IndexRequest>("/:index/_settings", (request, reply) =>
			each(request, reply, (text) =>
				semantic.mappings.forSettings(request.params.index, text),
			),
		);
	};

	/** A request of which the body is another one. */
	async function whole(
		request: FastifyRequest,
		reply: FastifyReply,
		{ change, after }: WholeChange,
	): Promise<FastifyReply> {
		const { sent, text } = await read(request);
		const body = text === undefined ? undefined : await change(text);
		return sendChange(request, reply, {
			upstream,
			pipelines,
			sent: body === undefined ? sent : { body },
			after,
		});
	}

	/** A request that becomes one for each of its indices, since each has fields, or settings, of its own. */
	async function each(
		request: FastifyRequest,
		reply: FastifyReply,
		change: (text: string) => Promise<IndexChange[] | undefined>,
	): Promise<FastifyReply> {
		const { sent, text } = await read(request);
		const changes = text === undefined ? undefined : await change(text);
		const wish = wishUnlessRefused(request);
		const asIs = { upstream, pipelines, sent };
		if (!changes || !wish) return sendChange(request, reply, asIs);
		const { plainUrl, format } = wish;
		let answer: ReadAnswer | undefined;
		try {
			for (const one of changes) {
				answer = await upstream.read(request, {
					method: request.method,
					url: urlFor(one.index, plainUrl),
					body: one.body,
					json: true,
				});
				if (answer.status >= 300) break;
				await semantic.mappings.finish(one);
			}
		} finally {
			await pipelines.changed();
		}
		return answer
			? sendJson(reply, answer, { json: answer.body, format })
			: sendChange(request, reply, asIs);
	}

	async function read(request: FastifyRequest): Promise<ReadText> {
		if (!hasBody(request.raw)) return { sent: undefined, text: undefined };
		const { sent, body } = await readInflated(request, bodyLimit, passNone);
		const text = body && utf8Text(body);
		const concerned =
			text?.includes('"semantic"') || (await semantic.pipelines.any());
		if (text === undefined || !concerned) return { sent, text: undefined };
		// What is read and stored for somebody, with the sidecar's own rights, is for one whom OpenSearch lets in.
		await callers.identify(request.raw.headers);
		return { sent, text };
	}
}

function isReserved(index: string): boolean {
	return index.startsWith("_");
}

/** The URL of a request for several indices, for one of them. */
function urlFor(index: string, url: string): string {
	const [path = "", query] = url.split("?", 2);
	const part = path.slice(path.lastIndexOf("/_"));
	const own = `/${encodeURIComponent(index)}${part}`;
	return query === undefined ? own : `${own}?${query}`;
}
