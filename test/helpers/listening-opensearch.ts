import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { request } from "undici";
import { opensearchUrl } from "./opensearch.ts";
import { listening } from "./proxy-wire.ts";

/** The real OpenSearch, but for an API that it has not: requests to that are kept, and answered with `{}`. */
export interface ListeningOpenSearch {
	url: string;
	/** Path, query and body of each, in the order in which they came. */
	heard: { url: string; body: unknown }[];
	close(): void;
}

/** @param missing matches the URLs of the API that OpenSearch has not */
export async function startListeningOpenSearch(
	missing: RegExp,
): Promise<ListeningOpenSearch> {
	const heard: ListeningOpenSearch["heard"] = [];
	const server = createServer((asked, response) => {
		const { url = "", method = "GET", headers } = asked;
		const answer = async () => {
			const body = await buffer(asked);
			response.setHeader("content-type", "application/json");
			if (missing.test(url)) {
				heard.push({ url, body: JSON.parse(body.toString()) });
				response.end("{}");
				return;
			}
			const { "content-type": type } = headers;
			const given = await request(opensearchUrl() + url, {
				method,
				headers: type === undefined ? {} : { "content-type": type },
				body: body.length > 0 ? body : null,
			});
			response.statusCode = given.statusCode;
			response.end(Buffer.from(await given.body.arrayBuffer()));
		};
		answer().catch(() => asked.socket.destroy());
	});
	const port = await listening(server);
	return {
		url: `http://127.0.0.1:${port}`,
		heard,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
}
