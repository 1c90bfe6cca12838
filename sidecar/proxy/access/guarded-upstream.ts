import type { FastifyReply, FastifyRequest } from "fastify";
import {
	type Inquiry,
	type ReadAnswer,
	type Replacement,
	Upstream,
	type UpstreamOptions,
} from "../upstream.ts";
import type { AccessGate } from "./access-gate.ts";

/** OpenSearch for clients: nothing that is sent through here reaches the sidecar's own indices. */
export class GuardedUpstream extends Upstream {
	readonly #gate: AccessGate;

	constructor(options: UpstreamOptions, gate: AccessGate) {
		super(options);
		this.#gate = gate;
	}

	/** @throws SidecarError forbidden_index, and what {@link Upstream.forward} throws */
	override async forward(
		request: FastifyRequest,
		reply: FastifyReply,
		replacement?: Replacement,
	): Promise<FastifyReply> {
		const address =
			replacement?.url === undefined
				? replacement
				: { ...replacement, ...(await this.#gate.url(replacement.url)) };
		const guarded = await this.#gate.body(request, address);
		return super.forward(request, reply, guarded);
	}

	/** @throws SidecarError forbidden_index, and what {@link Upstream.read} throws */
	override async read(
		request: FastifyRequest,
		inquiry: Inquiry = {},
	): Promise<ReadAnswer> {
		const { url } = await this.#gate.url(inquiry.url ?? request.originalUrl);
		const { body } = inquiry;
		return super.read(request, {
			...inquiry,
			url,
			...(body !== undefined && { body: await this.#gate.text(body, url) }),
		});
	}
}
