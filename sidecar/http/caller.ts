import type { FastifyRequest } from "fastify";
import type { Caller } from "../../schemas/caller.ts";

/** Who sent which request, as long as the request is there. */
const callers = new WeakMap<FastifyRequest, Caller>();

/** Remembers who sent a request. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
	callers.set(request, caller);
}

/** Who sent a request; undefined where the cluster is not secured, or where nobody had to ask. */
export function callerOf(request: FastifyRequest): Caller | undefined {
	return callers.get(request);
}

/** The user's name, likewise. */
export function callerName(request: FastifyRequest): string | undefined {
	return callerOf(request)?.name;
}
