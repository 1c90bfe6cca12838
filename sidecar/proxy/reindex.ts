import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { BodyLimit } from "../http/client-body.ts";
import {
	membersJson,
	parsedValue,
	type RawMembers,
} from "../search/raw-json.ts";
import {
	readDestination,
	readReindex,
	refuseRemote,
} from "../services/by-scroll/reindex-plan.ts";
import { objectIn } from "../services/by-scroll/scroll-plan.ts";
import type { ScrollService } from "../services/by-scroll/scroll-service.ts";
import type { CallerService } from "../services/callers.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import {
	type SearchRouteOptions,
	sendPlanned,
	termsOf,
} from "./planned-search.ts";
import { readScrollBody, runScroll } from "./scroll-requests.ts";
import { byScroll } from "./scrolled-query.ts";
import type { Upstream } from "./upstream.ts";

export interface ScrollRouteOptions {
	upstream: Upstream;
	service: ScrollService;
	pipelines: PipelineService;
	callers: CallerService;
	bodyLimit: BodyLimit;
	/** For what is left to OpenSearch but for its queries. */
	searching: SearchRouteOptions;
}

/** `_reindex`: into an index whose pipeline embeds, the sidecar does it itself; else it plans the search. */
export function reindex(options: ScrollRouteOptions): FastifyPluginAsync {
	const { upstream, service, pipelines, callers, searching } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.post("/_reindex", async (request, reply) => {
			const { members, forward } = await readScrollBody(
				request,
				reply,
				options,
			);
			if (!members) return forward();
			const destination = readDestination(members);
			if (
				!destination ||
				!(await pipelines.anyGuarded()) ||
				!(await service.concernsReindex(members, destination))
			)
				return (
					(await sendSource(request, reply, {
						members,
						options: searching,
					})) ?? forward()
				);
			await callers.identify(request.raw.headers);
			refuseRemote(members);
			return runScroll({
				request,
				reply,
				upstream,
				service,
				action: "reindex",
				body: members,
				readPlan: (parameters) => readReindex(members, parameters, destination),
			});
		});
	};
}

/** Sends a reindex with its search planned; undefined where there is nothing in it for the sidecar to do. */
async function sendSource(
	request: FastifyRequest,
	reply: FastifyReply,
	{ members, options }: { members: RawMembers; options: SearchRouteOptions },
): Promise<FastifyReply | undefined> {
	const { upstream, search, callers } = options;
	const source = members.get("source") ?? "";
	const body = Buffer.from(source);
	if (!search.concerns(body)) return undefined;
	const { remote, index } = Object.fromEntries(objectIn(source));
	// Another cluster's are its own to run.
	if (remote !== undefined) return undefined;
	await callers.identify(request.raw.headers);
	const terms = termsOf(request, reply, upstream);
	const query = byScroll(listIn(index), request.originalUrl);
	const plan = await search.plan({ ...query, body }, terms);
	if (!plan) return undefined;
	const sent = new Map([...members, ["source", plan.body] as const]);
	return sendPlanned(request, reply, {
		plan: { ...plan, body: membersJson(sent) },
		terms,
		options,
	});
}

/** A string, or a list of strings, as an index expression; undefined where there is none. */
function listIn(text: string | undefined): string | undefined {
	const value = parsedValue(text);
	return value === undefined ? undefined : [value].flat().join(",");
}
