import { lookup } from "node:dns";
import {
	type ClientRequest,
	request as http,
	type IncomingMessage,
} from "node:http";
import { request as https } from "node:https";
import { checkedLookup, requirePublicHost } from "./checked-lookup.ts";
import { Interrupted, refused, transportFailure } from "./failure.ts";
import type { DownloadOptions } from "./options.ts";
import { redirectTarget, shownUrl } from "./trusted-url.ts";

/** An answer that is no redirect; its body has to be read or discarded. */
export interface HttpAnswer {
	/** Where it came from in the end. */
	url: URL;
	status: number;
	headers: IncomingMessage["headers"];
	body: IncomingMessage;
}

const redirects = [301, 302, 303, 307, 308];

/**
 * Asks servers for a file, each time on a connection of its own; what they redirect to is checked hop by hop. Not by
 * undici: until its version 8, a server that closes the connection while its body waits to be read ends the process
 * (undici's issue 5360).
 */
export class HttpSource {
	readonly #options: DownloadOptions;

	constructor(options: DownloadOptions) {
		this.#options = options;
	}

	/** @throws SidecarError for what must not be followed; Interrupted for what may pass; the signal's reason */
	async get(
		url: URL,
		headers: Readonly<Record<string, string>>,
	): Promise<HttpAnswer> {
		const { maxRedirects, trusted } = this.#options;
		let current = url;
		for (let hop = 0; hop <= maxRedirects; hop++) {
			const answer = await this.#getOnce(current, headers);
			if (!redirects.includes(answer.status)) return answer;
			discard(answer);
			const { location } = answer.headers;
			if (location === undefined)
				throw refused(current, "redirects without saying where to");
			current = redirectTarget(current, location, trusted);
		}
		throw refused(url, `redirects more than ${maxRedirects} times`);
	}

	async #getOnce(
		url: URL,
		headers: Readonly<Record<string, string>>,
	): Promise<HttpAnswer> {
		const { allowPrivateAddresses, signal } = this.#options;
		try {
			if (!allowPrivateAddresses) requirePublicHost(url);
			// User and password of a URL go to its own host alone: a redirect to another one has none.
			const request = (url.protocol === "https:" ? https : http)(url, {
				agent: false,
				headers: {
					accept: "*/*",
					"accept-encoding": "identity",
					"user-agent": "opensearch-ml-sidecar",
					...headers,
				},
				signal,
				...(!allowPrivateAddresses && { lookup: checkedLookup(lookup) }),
			});
			const body = await this.#answer(url, request);
			const status = body.statusCode ?? 0;
			return { url, status, headers: body.headers, body };
		} catch (error) {
			signal.throwIfAborted();
			throw transportFailure(url, error);
		}
	}

	#answer(url: URL, request: ClientRequest): Promise<IncomingMessage> {
		const { connectTimeoutMs, idleTimeoutMs } = this.#options;
		let answer: IncomingMessage | undefined;
		const end = (reason: string) => {
			const error = new Interrupted(`${shownUrl(url)} ${reason}`);
			(answer ?? request).destroy(error);
		};
		const connecting = setTimeout(
			() => end(`has no connection within ${connectTimeoutMs} ms`),
			connectTimeoutMs,
		);
		request.setTimeout(idleTimeoutMs, () =>
			end(`is silent for ${idleTimeoutMs} ms`),
		);
		request.once("socket", (socket) => {
			const connected = url.protocol === "https:" ? "secureConnect" : "connect";
			socket.once(connected, () => clearTimeout(connecting));
		});
		request.once("close", () => clearTimeout(connecting));
		return new Promise((resolve, reject) => {
			request.once("response", (response) => {
				answer = response;
				resolve(response);
			});
			request.on("error", reject);
			request.end();
		});
	}
}

/** Ends an answer that is of no more interest, and its connection with it. */
export function discard({ body }: HttpAnswer): void {
	// That it ended before it was read is then the body's error.
	body.on("error", () => undefined).destroy();
}
