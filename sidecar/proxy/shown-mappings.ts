import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import {
	showSemantic,
	showSemanticFields,
} from "../../ingest/semantic/shown-text.ts";
import type { SemanticParts } from "./mappings.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import { answerOriginals } from "./stored-pipelines.ts";
import type { Upstream } from "./upstream.ts";

export interface ShownMappingsOptions {
	upstream: Upstream;
	semantic: Pick<SemanticParts, "mappings" | "pipelines">;
}

const ofIndices = [
	"/:index",
	"/_mapping",
	"/_mappings",
	"/:index/_mapping",
	"/:index/_mappings",
	"/_settings",
	"/_settings/:setting",
	"/:index/_settings",
	"/:index/_settings/:setting",
];
const ofTemplates = [
	"/_index_template",
	"/_index_template/:name",
	"/_component_template",
	"/_component_template/:name",
	"/_template",
	"/_template/:name",
];
const ofFields = ["/_mapping/field/:fields", "/:index/_mapping/field/:fields"];

/** Mappings, settings and templates on their way out: as clients have put them. */
export function shownMappings(
	options: ShownMappingsOptions,
): FastifyPluginAsync {
	const { upstream, semantic } = options;
	return async (app) => {
		keepBodiesRaw(app);
		for (const url of ofIndices)
			app.get<{ Params: { index?: string } }>(url, (request, reply) =>
				isOther(request.params.index)
					? upstream.forward(request, reply)
					: show(request, reply, (text) =>
							showSemantic(text, { withDefaults: true }),
						),
			);
		for (const url of ofTemplates)
			app.get(url, (request, reply) =>
				show(request, reply, (text) =>
					showSemantic(text, { withDefaults: false }),
				),
			);
		for (const method of ["GET", "POST"])
			for (const url of ["/_simulate_index/:name", "/_simulate/:name"])
				app.route({
					method,
					url: `/_index_template${url}`,
					handler: (request, reply) =>
						show(request, reply, (text) =>
							showSemantic(text, { withDefaults: true }),
						),
				});
		for (const url of ofFields)
			app.get<{ Params: { index?: string } }>(url, (request, reply) =>
				show(request, reply, async (text) =>
					showSemanticFields(
						text,
						await semantic.mappings.records(request.params.index ?? "_all"),
					),
				),
			);
	};

	/** @param originals makes of OpenSearch's answer what a client is to see */
	function show(
		request: FastifyRequest,
		reply: FastifyReply,
		originals: (text: string) => string | Promise<string>,
	): Promise<FastifyReply> {
		const anyStored = () => semantic.pipelines.any();
		return answerOriginals(request, reply, { upstream, anyStored, originals });
	}
}

/** Whether what stands in an index's place is something else. */
function isOther(index: string | undefined): boolean {
	return index?.startsWith("_") === true && index !== "_all";
}
