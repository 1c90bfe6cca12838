import { setTimeout as wait } from "node:timers/promises";
import { SidecarError } from "../errors.ts";

const pollMs = 250;
const attemptMs = 5_000;
/** Silence after which whoever waits is told what for. */
const reportAfterMs = 2_000;

function authorization(env: NodeJS.ProcessEnv): Record<string, string> {
	const { OPENSEARCH_USERNAME: user, OPENSEARCH_PASSWORD: password } = env;
	if (!user) return {};
	const credentials = Buffer.from(`${user}:${password ?? ""}`);
	return { authorization: `Basic ${credentials.toString("base64")}` };
}

/** The innermost reason: fetch itself says no more than "fetch failed". */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.cause !== undefined) return reasonOf(error.cause);
	return "code" in error && error.message === ""
		? String(error.code)
		: error.message;
}

/**
 * Waits until the OpenSearch that the environment names answers, with the credentials that it holds.
 * @returns its URL without a slash at the end
 * @throws SidecarError `bad_request` if OPENSEARCH_URL is none or the credentials are refused,
 * `upstream_unavailable` past the time
 */
export async function untilAnswers(
	value: string,
	options: {
		env: NodeJS.ProcessEnv;
		report: (line: string) => void;
		timeoutMs: number;
	},
): Promise<string> {
	const { env, report, timeoutMs } = options;
	if (!URL.canParse(value) || !/^https?:\/\/[^/?#@]+\/?$/.test(value)) {
		throw new SidecarError(
			"bad_request",
			"OPENSEARCH_URL must be a URL with scheme, host and port alone, such as http://127.0.0.1:9200; " +
				"credentials belong in OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD.",
		);
	}
	const url = value.replace(/\/$/, "");
	const started = performance.now();
	let reported = false;
	for (;;) {
		const { status, reason } = await fetch(url, {
			headers: authorization(env),
			signal: AbortSignal.timeout(attemptMs),
		}).then(
			async (answer) => {
				await answer.body?.cancel();
				return { status: answer.status, reason: `status ${answer.status}` };
			},
			(error: unknown) => ({ status: 0, reason: reasonOf(error) }),
		);
		if (status === 200) return url;
		if (status === 401 || status === 403) {
			throw new SidecarError(
				"bad_request",
				`OpenSearch at ${url} refuses access (status ${status}): set OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD.`,
			);
		}
		const waited = performance.now() - started;
		if (waited > timeoutMs) {
			throw new SidecarError(
				"upstream_unavailable",
				`OpenSearch at ${url} (OPENSEARCH_URL) did not answer within ${timeoutMs / 1000} s: ${reason}.`,
			);
		}
		if (!reported && waited > reportAfterMs) {
			reported = true;
			report(`Waiting for OpenSearch at ${url}: ${reason}.`);
		}
		await wait(pollMs);
	}
}
