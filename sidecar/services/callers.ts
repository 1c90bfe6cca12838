import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../../schemas/caller.ts";
import { CallerRefused, SidecarError } from "../errors.ts";
import type { IdentityStore } from "../store/identity.ts";
import { ExpiringCache } from "./expiring-cache.ts";
import { permits } from "./ml-permissions.ts";

export interface CallerServiceOptions {
	identities: Pick<IdentityStore, "isSecured" | "whoIs">;
	/** `off` asks nobody and lets everyone in. */
	mode: "auto" | "off";
	/** How long it is remembered who a caller is. */
	cacheMs: number;
	/** Milliseconds on a clock that never goes back. */
	now: () => number;
}

/** How long it is remembered whether the cluster is secured: this changes only with a restart of its nodes. */
const securedMs = 60_000;

/** Callers that are remembered at most; one takes less than a kilobyte, unless it has very many roles. */
const maxCallers = 1_000;

/** Headers that the security plugin reads to know a user, besides those of a proxy that has authenticated it. */
const identifying: ReadonlySet<string> = new Set([
	"authorization",
	"cookie",
	"securitytenant",
	"security_tenant",
	"x-forwarded-for",
]);

/** Who sends requests and what they may do: OpenSearch's word, remembered for moments. */
export class CallerService {
	readonly #options: CallerServiceOptions;
	readonly #secured: ExpiringCache<boolean>;
	readonly #callers: ExpiringCache<Caller>;

	constructor(options: CallerServiceOptions) {
		this.#options = options;
		const { cacheMs, now } = options;
		this.#secured = new ExpiringCache({ ttlMs: securedMs, maxEntries: 1, now });
		this.#callers = new ExpiringCache({
			ttlMs: cacheMs,
			maxEntries: maxCallers,
			now,
		});
	}

	/**
	 * Who a request with these headers is from; undefined where the cluster is not secured.
	 *
	 * @throws CallerRefused for somebody whom OpenSearch does not know; SidecarError where OpenSearch can't be asked:
	 * nobody is let in then
	 */
	async identify(headers: IncomingHttpHeaders): Promise<Caller | undefined> {
		const { mode, identities } = this.#options;
		if (mode === "off") return undefined;
		if (!(await this.#secured.get("", () => identities.isSecured())))
			return undefined;
		const own = identityOf(headers);
		return this.#callers.get(keyOf(own), async () => {
			const answer = await identities.whoIs(own);
			if ("status" in answer) throw new CallerRefused(answer);
			return answer;
		});
	}

	/**
	 * Likewise, if the caller may perform an action.
	 *
	 * @throws SidecarError forbidden, in the security plugin's words, if not; and as `identify` does
	 */
	async authorize(
		headers: IncomingHttpHeaders,
		action: string,
	): Promise<Caller | undefined> {
		const caller = await this.identify(headers);
		if (!caller || permits(caller.roles, action)) return caller;
		throw new SidecarError(
			"forbidden",
			`no permissions for [${action}] and ${caller.description}`,
		);
	}
}

function identityOf(headers: IncomingHttpHeaders): IncomingHttpHeaders {
	return Object.fromEntries(
		Object.entries(headers).filter(
			([name]) => identifying.has(name) || name.startsWith("x-proxy-"),
		),
	);
}

/** Credentials are not kept in memory, only this. */
function keyOf(headers: IncomingHttpHeaders): string {
	const entries = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
	return createHash("sha256").update(JSON.stringify(entries)).digest("base64");
}
