import { type Logger, pino } from "pino";
import type { Settings } from "../../schemas/settings.ts";
import { buildApp } from "../../sidecar/app.ts";
import { loadSettings } from "../../sidecar/config.ts";
import { credentials, password } from "./secured-config.ts";
import type { Answer, TestSidecar } from "./sidecar.ts";

/** A sidecar before a secured cluster. */
export interface SecuredSidecar {
	/** The sidecar as a user calls it; undefined is nobody. */
	as(user: string | undefined): TestSidecar;
	/** Joins the cluster; the sidecar's own user must be able to. */
	start(): Promise<void>;
	close(): Promise<void>;
}

/** Puts a sidecar together that calls OpenSearch as the user `sidecar`, and lets it listen. */
export async function startSecuredSidecar(
	cacheFolder: string,
	options: { settings: Partial<Settings>; logger?: Logger },
): Promise<SecuredSidecar> {
	const { server, start } = buildApp({
		settings: {
			...loadSettings({
				OPENSEARCH_USERNAME: "sidecar",
				OPENSEARCH_PASSWORD: password,
			}),
			...options.settings,
		},
		logger: options.logger ?? pino({ level: "silent" }),
		cacheFolder,
		nodeIds: () => ["secured-node"],
		version: "0.0.0",
	});
	const url = await server.listen({ host: "127.0.0.1", port: 0 });
	const close = () => server.close();
	return {
		as: (user) => ({
			url,
			call: (method, path, body) =>
				call(`${url}${path}`, { method, body, user }),
			resume: () => start(url),
			close,
		}),
		start: () => start(url),
		close,
	};
}

interface Call {
	method: string;
	body: unknown;
	user: string | undefined;
}

async function call(
	url: string,
	{ method, body, user }: Call,
): Promise<Answer> {
	const answer = await fetch(url, {
		method,
		headers: {
			...(user !== undefined && { authorization: credentials(user) }),
			...(body !== undefined && { "content-type": "application/json" }),
		},
		...(body !== undefined && {
			body:
				typeof body === "string" || body instanceof Uint8Array
					? body
					: JSON.stringify(body),
		}),
	});
	const text = await answer.text();
	const json = answer.headers.get("content-type")?.includes("json");
	return {
		status: answer.status,
		headers: answer.headers,
		text,
		json: json ? JSON.parse(text) : undefined,
	};
}
