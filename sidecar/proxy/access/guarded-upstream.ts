import type { FastifyReply, FastifyRequest } from "fastify";
import { SidecarError } from "../../errors.ts";
import type { HeldAnswer } from "../exchange.ts";
import {
	type Holding,
	type Inquiry,
	isReplacement,
	type ReadAnswer,
	type Replacement,
	Upstream,
	type UpstreamOptions,
} from "../upstream.ts";
import type { AccessGate } from "./access-gate.ts";
import type { RenderTemplate } from "./rendered-template.ts";

/** OpenSearch for clients: nothing that is sent through here reaches the sidecar's own indices. */
export class GuardedUpstream extends Upstream {
	readonly #gate: AccessGate;

	constructor(options: UpstreamOptions, gate: AccessGate) {
		super(options);
		this.#gate = gate;
	}

	/** @throws SidecarError forbidden_index, and what {@link Upstream.ask} throws */
	override async ask(
		request: FastifyRequest,
		reply: FastifyReply,
		given: Partial<Replacement> & Holding = {},
	): Promise<HeldAnswer | undefined> {
		const replacement = isReplacement(given) ? given : undefined;
		const render = this.renderer(request);
		const address =
			replacement?.url === undefined
				? replacement
				: {
						...replacement,
						...(await this.#gate.url(replacement.url, render)),
					};
		const guarded = await this.#gate.body(request, address, render);
		if (guarded === replacement) return super.ask(request, reply, given);
		const { holds, addedHeaders, contentType } = given;
		return super.ask(request, reply, {
			...guarded,
			...(guarded && addedHeaders && { addedHeaders }),
			...(guarded && contentType !== undefined && { contentType }),
			...(holds && { holds }),
		});
	}

	/** @throws SidecarError forbidden_index, and what {@link Upstream.read} throws */
	override async read(
		request: FastifyRequest,
		inquiry: Inquiry = {},
	): Promise<ReadAnswer> {
		const render = this.renderer(request);
		const asked = inquiry.url ?? request.originalUrl;
		const { url } = await this.#gate.url(asked, render);
		const { body } = inquiry;
		if (body === undefined) return super.read(request, { ...inquiry, url });
		if (typeof body === "string")
			return super.read(request, {
				...inquiry,
				url,
				body: await this.#gate.text(body, url, render),
			});
		const guarded = await this.#gate.body(request, { body, url }, render);
		return super.read(request, {
			...inquiry,
			url,
			body: guarded?.body ?? body,
		});
	}

	/**
	 * Renders search templates in the name of a request's caller, whom OpenSearch asks for no other right than that to
	 * search by them.
	 */
	renderer(request: FastifyRequest): RenderTemplate {
		return async (template) => {
			const { status, body } = await super.read(request, {
				method: "POST",
				url: "/_render/template",
				body: template,
				json: true,
			});
			if (status === 200) return body.replace(/^\s*\{\s*"\w+"\s*:/, "");
			// There is no such template, it can't be rendered, or the caller is not known: a search ends the same way.
			if (status === 400 || status === 401 || status === 404) return undefined;
			throw new SidecarError(
				status === 403 ? "forbidden" : "upstream_unavailable",
				`OpenSearch answered ${status} where a search template had to be rendered, to see which indices it names`,
			);
		};
	}
}
