import { SidecarError } from "../errors.ts";
import { type QueryParameters, readQuery } from "../http/query-parameters.ts";
import { readTimeout } from "../services/time-value.ts";

/** The parameters of a URL; none too for a URL that OpenSearch will refuse, which it does in words of its own. */
export function knownParameters(url: string): QueryParameters {
	return unlessRefused(() => readQuery(url)) ?? new Map();
}

/** Its `timeout`. */
function timeoutParameter(url: string): string | undefined {
	return knownParameters(url).get("timeout");
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
