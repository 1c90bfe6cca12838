import { METHODS } from "node:http";
import type {
	FastifyInstance,
	FastifyPluginAsync,
	FastifyReply,
	FastifyRequest,
} from "fastify";
import { uriPath } from "../http/request-uri.ts";

/** The methods that OpenSearch knows, in the order in which it lists them. */
const knownMethods = [
	"PUT",
	"DELETE",
	"POST",
	"GET",
	"HEAD",
	"OPTIONS",
	"PATCH",
	"TRACE",
];

/** A path with its parameters' names left out: two that differ in these alone are one. */
function shapeOf(url: string): string {
	return url.replaceAll(/:\w+/g, ":");
}

interface KnownPath {
	url: string;
	methods: Set<string>;
}

/**
 * The paths below a base of all the routes that are added to a scope from now on, and the answers to whatever none of
 * them takes, in OpenSearch's words.
 */
export class KnownPaths {
	readonly #base: string;
	/** By shape. */
	readonly #paths = new Map<string, KnownPath>();

	constructor(scope: FastifyInstance, base: string) {
		this.#base = base;
		scope.addHook("onRoute", ({ url, method }) => {
			const path = this.#paths.get(shapeOf(url)) ?? {
				url,
				methods: new Set(),
			};
			this.#paths.set(shapeOf(url), path);
			for (const name of [method].flat()) path.methods.add(name);
		});
	}

	/**
	 * Routes every other method of the known paths (405, OPTIONS: 200) and every other path (400). To be registered
	 * after all the routes: a path in full comes before one with a parameter in its place, whatever the method.
	 */
	readonly others: FastifyPluginAsync = async (scope) => {
		const paths = [...this.#paths.values()].map(({ url, methods }) => ({
			url,
			methods: knownMethods.filter((method) => methods.has(method)),
		}));
		addMethods(scope);
		for (const { url, methods } of paths)
			answerAt(scope, {
				url,
				methods: knownMethods.filter((method) => !methods.includes(method)),
				answer: (request, reply) => answerMethod(request, reply, methods),
			});
		for (const url of [this.#base, `${this.#base}/*`]) {
			answerAt(scope, { url, methods: knownMethods, answer: answerPath });
			answerAt(scope, {
				url,
				methods: METHODS.filter(
					(method) => method !== "CONNECT" && !knownMethods.includes(method),
				),
				answer: (_request, reply) =>
					reply
						.status(405)
						.send({ error: "Unexpected HTTP method", status: 405 }),
			});
		}
	};
}

interface Answer {
	url: string;
	methods: string[];
	answer: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

/** Bodies are not read: the answer is given before. */
function answerAt(
	scope: FastifyInstance,
	{ url, methods, answer }: Answer,
): void {
	const handler = async (request: FastifyRequest, reply: FastifyReply) =>
		answer(request, reply);
	const config = { refuses: true };
	scope.route({ method: methods, url, config, onRequest: handler, handler });
}

function addMethods(scope: FastifyInstance): void {
	for (const method of METHODS)
		if (method !== "CONNECT" && !scope.supportedMethods.includes(method))
			scope.addHttpMethod(method, { hasBody: true });
}

function answerMethod(
	{ method, originalUrl }: FastifyRequest,
	reply: FastifyReply,
	allowed: readonly string[],
): FastifyReply {
	reply.header("allow", allowed.join(","));
	if (method === "OPTIONS") return answerOptions(reply);
	const error = `Incorrect HTTP method for uri [${originalUrl}] and method [${method}], allowed: [${allowed.join(", ")}]`;
	return reply.status(405).send({ error, status: 405 });
}

function answerPath(
	{ method, originalUrl }: FastifyRequest,
	reply: FastifyReply,
): FastifyReply {
	if (method === "OPTIONS") return answerOptions(reply);
	const path = uriPath(originalUrl);
	const error =
		path === undefined
			? "invalid uri has been requested"
			: `no handler found for uri [${path}] and method [${method}]`;
	return reply.status(400).send({ error });
}

function answerOptions(reply: FastifyReply): FastifyReply {
	return reply.type("text/plain; charset=UTF-8").send("");
}
