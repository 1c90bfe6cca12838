import { isAbsolute, join } from "node:path";

const folderName = "opensearch-ml-sidecar";

/** Where development keeps what can be made again (`cache`) and what a user would miss (`data`). */
export interface UserFolders {
	cache: string;
	data: string;
}

/** An absolute path out of the environment; the XDG specification has relative ones ignored. */
function absolute(value: string | undefined): string | undefined {
	return value !== undefined && isAbsolute(value) ? value : undefined;
}

/**
 * The folders of this user: `SIDECAR_DEV_CACHE` and `SIDECAR_DEV_DATA`, else the XDG folders. OpenSearch
 * refuses to run as root and so runs as another user, who cannot enter root's home: root's folders are in /var.
 */
export function userFolders(
	env: NodeJS.ProcessEnv,
	user: { uid: number | undefined; home: string },
): UserFolders {
	const root = user.uid === 0;
	const cacheHome = root
		? "/var/cache"
		: (absolute(env.XDG_CACHE_HOME) ?? join(user.home, ".cache"));
	const dataHome = root
		? "/var/lib"
		: (absolute(env.XDG_DATA_HOME) ?? join(user.home, ".local", "share"));
	return {
		cache: absolute(env.SIDECAR_DEV_CACHE) ?? join(cacheHome, folderName),
		data: absolute(env.SIDECAR_DEV_DATA) ?? join(dataHome, folderName),
	};
}
