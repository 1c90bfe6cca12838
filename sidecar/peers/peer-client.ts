import { Agent, errors, request } from "undici";
import { SidecarError } from "../errors.ts";

/** The header in which a sidecar shows another one that it is a sidecar. */
export const peerSecretHeader = "x-ml-sidecar-secret";

/** Another sidecar: where it listens, and what it wants to be shown. */
export interface Peer {
	id: string;
	address: string;
	secret: string;
}

export interface PeerCall {
	method: "GET" | "POST";
	/** Path and query below `/_sidecar/internal`. */
	path: string;
	body?: string;
	/** Time for the whole call, milliseconds. */
	timeoutMs: number;
	signal?: AbortSignal;
}

export interface PeerAnswer {
	status: number;
	text: string;
}

/** Calls from one sidecar to another. */
export class PeerClient {
	readonly #agent = new Agent({ connect: { timeout: 2_000 } });

	/**
	 * A peer's answer, whatever its status.
	 *
	 * @throws SidecarError upstream_unavailable where it can't be reached, upstream_timeout where it is too slow; the
	 * signal's reason
	 */
	async call(peer: Peer, call: PeerCall): Promise<PeerAnswer> {
		const { method, path, body, timeoutMs, signal } = call;
		const timeout = AbortSignal.timeout(timeoutMs);
		try {
			const answer = await request(
				new URL(`/_sidecar/internal${path}`, peer.address),
				{
					dispatcher: this.#agent,
					method,
					headers: {
						[peerSecretHeader]: peer.secret,
						...(body !== undefined && { "content-type": "application/json" }),
					},
					...(body !== undefined && { body }),
					signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
					// The answer is read whole. If undici paused its parser before that, and the peer closed the connection
					// meanwhile, that would end the process (until undici 8: its issue 5360).
					highWaterMark: Number.MAX_SAFE_INTEGER,
					headersTimeout: timeoutMs,
					bodyTimeout: timeoutMs,
				},
			);
			return { status: answer.statusCode, text: await answer.body.text() };
		} catch (cause) {
			signal?.throwIfAborted();
			if (timeout.aborted || isTimeout(cause))
				throw new SidecarError(
					"upstream_timeout",
					`sidecar [${peer.id}] did not answer within ${timeoutMs} ms`,
					{ cause },
				);
			throw new SidecarError(
				"upstream_unavailable",
				`sidecar [${peer.id}] can't be reached`,
				{ cause },
			);
		}
	}

	async close(): Promise<void> {
		await this.#agent.destroy();
	}
}

function isTimeout(error: unknown): boolean {
	return (
		error instanceof errors.HeadersTimeoutError ||
		error instanceof errors.BodyTimeoutError
	);
}
