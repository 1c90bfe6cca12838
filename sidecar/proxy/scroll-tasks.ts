import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../errors.ts";
import { clientSignal } from "../http/client-signal.ts";
import { readFlag } from "../http/query-parameters.ts";
import type { ScrollTasks } from "../services/by-scroll/scroll-tasks.ts";
import {
	nodeJson,
	type ShownTask,
	taskAnswer,
} from "../services/by-scroll/shown-task.ts";
import { parseTime } from "../services/time-value.ts";
import { madeAnswer, readWish, sendJson, type Wish } from "./changed-answer.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { Upstream } from "./upstream.ts";

export interface ScrollTaskRoutesOptions {
	upstream: Upstream;
	tasks: ScrollTasks;
}

interface TaskRequest {
	Params: { task_id: string };
}

/** The task APIs, where they are about a task of a sidecar's; all other tasks are OpenSearch's own. */
export function scrollTasks(
	options: ScrollTaskRoutesOptions,
): FastifyPluginAsync {
	const { upstream, tasks } = options;
	return async (app) => {
		keepBodiesRaw(app);
		// Before the server waits for its last answers, which those who wait for a reindex would else have it do for hours.
		app.addHook("preClose", () => tasks.close());

		app.get<TaskRequest>("/_tasks/:task_id", async (request, reply) => {
			const task = await tasks.get(request.params.task_id);
			if (!task) return upstream.forward(request, reply);
			return answer(request, reply, async ({ parameters }) => {
				if (!readFlag(parameters.get("wait_for_completion")))
					return taskAnswer(task);
				const timeout = parameters.get("timeout") ?? "30s";
				const timeoutMs = parseTime("timeout", timeout);
				return taskAnswer(await ended(task, timeoutMs, clientSignal(reply)));
			});
		});

		app.post<TaskRequest>(
			"/_tasks/:task_id/_cancel",
			async (request, reply) => {
				const id = request.params.task_id;
				if (!(await tasks.get(id))) return upstream.forward(request, reply);
				return answer(request, reply, async () => {
					const task = await tasks.cancel(id);
					return task
						? listed(task, { detailed: false })
						: gone(id, "not found");
				});
			},
		);

		for (const api of ["_reindex", "_update_by_query"])
			app.post<TaskRequest>(
				`/${api}/:task_id/_rethrottle`,
				async (request, reply) => {
					const id = request.params.task_id;
					if (!(await tasks.get(id))) return upstream.forward(request, reply);
					return answer(request, reply, async ({ parameters }) => {
						const rate = readRate(parameters.get("requests_per_second"));
						const task = await tasks.rethrottle(id, rate);
						return task
							? listed(task, { detailed: true })
							: gone(id, "missing");
					});
				},
			);

		app.get("/_tasks", async (request, reply) => {
			if (tasks.running().length === 0) return upstream.forward(request, reply);
			return listAll(request, reply);
		});
	};

	/** Answers what `make` says, to whoever OpenSearch lets ask for it. */
	async function answer(
		request: FastifyRequest,
		reply: FastifyReply,
		make: (wish: Wish) => Promise<string>,
	): Promise<FastifyReply> {
		const wish = readWish(request);
		const [url = ""] = request.originalUrl.split("?", 1);
		const asked = /_rethrottle$/.test(url)
			? `${url}?requests_per_second=-1`
			: url;
		const theirs = await upstream.read(request, { url: asked, json: true });
		const { format } = wish;
		// That there is no such node or task is what OpenSearch says to whoever may ask.
		if (theirs.status !== 200 && theirs.status !== 404)
			return sendJson(reply, theirs, { json: theirs.body, format });
		const json = await make(wish);
		return sendJson(reply, madeAnswer(200, json), { json, format });
	}

	/** A task once it has ended. @throws SidecarError timeout */
	async function ended(
		task: ShownTask,
		timeoutMs: number,
		signal: AbortSignal,
	): Promise<ShownTask> {
		const last = await tasks.ended(task.id, timeoutMs, signal);
		if (last) return last;
		throw new SidecarError(
			"timeout",
			`Timed out waiting for completion of [${task.id}]`,
		);
	}

	async function listAll(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const { parameters, plainUrl, format } = readWish(request);
		const theirs = await upstream.read(request, { url: plainUrl, json: true });
		const detailed = readFlag(parameters.get("detailed"));
		const patterns = parameters.get("actions");
		const own = tasks
			.running()
			.filter(({ action }) => matches(action, patterns ?? "*"));
		const isByNode = (parameters.get("group_by") ?? "nodes") === "nodes";
		const isNarrowed = ["nodes", "node_id", "parent_task_id"].some((name) =>
			parameters.has(name),
		);
		const start = '{"nodes":{';
		if (
			own.length === 0 ||
			!isByNode ||
			isNarrowed ||
			!theirs.body.startsWith(start)
		)
			return sendJson(reply, theirs, { json: theirs.body, format });
		const rest = theirs.body.slice(start.length);
		const comma = rest.startsWith("}") ? "" : ",";
		const json = `${start}${nodeJson(own, { detailed }).slice(1, -1)}${comma}${rest}`;
		return sendJson(reply, theirs, { json, format });
	}
}

function listed({ facts }: ShownTask, options: { detailed: boolean }): string {
	return `{"nodes":${nodeJson([facts], options)}}`;
}

/** What OpenSearch says to changes of a task that does not run any more. */
function gone(id: string, how: "not found" | "missing"): string {
	const node = id.slice(0, id.lastIndexOf(":"));
	const cause = {
		type: "resource_not_found_exception",
		reason: `task [${id}] is ${how}`,
	};
	const failure = {
		type: "failed_node_exception",
		reason: `Failed node [${node}]`,
		node_id: node,
		caused_by: cause,
	};
	return JSON.stringify({ node_failures: [failure], nodes: {} });
}

/** @throws SidecarError bad_request, with OpenSearch's own words */
function readRate(text: string | undefined): number {
	if (text === undefined || text === "")
		throw new SidecarError(
			"bad_request",
			"requests_per_second is a required parameter",
		);
	const rate = Number(text);
	if (rate === -1) return Number.POSITIVE_INFINITY;
	if (rate > 0) return rate;
	throw new SidecarError(
		"bad_request",
		"[requests_per_second] must be a float greater than 0. Use -1 to disable throttling.",
	);
}

/** Whether an action's name is one of a list, in which `*` stands for anything. */
function matches(action: string, patterns: string): boolean {
	return patterns.split(",").some((pattern) => {
		const [first = "", ...others] = pattern.split("*");
		const last = others.pop();
		if (last === undefined) return pattern === action;
		if (!action.startsWith(first) || !action.endsWith(last)) return false;
		let at = first.length;
		for (const piece of others) {
			at = action.indexOf(piece, at);
			if (at < 0) return false;
			at += piece.length;
		}
		return at <= action.length - last.length;
	});
}
