import { SidecarError } from "../errors.ts";
import { readQuery } from "../http/query-parameters.ts";
import { readTimeout } from "../services/time-value.ts";

/** The `timeout` of a URL; undefined too for a URL that OpenSearch will refuse, which it does in words of its own. */
export function timeoutParameter(url: string): string | undefined {
	return unlessRefused(() => readQuery(url).get("timeout"));
}

/** The same in milliseconds. */
export function clientTimeoutMs(url: string): number | undefined {
	return unlessRefused(() => readTimeout(timeoutParameter(url)));
}

function unlessRefused<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (error instanceof SidecarError) return undefined;
		throw error;
	}
}
