/** Token type identifiers (RFC 8693 §3). */

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'

export const ACCESS_TOKEN_TYPE = `${TOKEN_TYPE}access_token`
export const REFRESH_TOKEN_TYPE = `${TOKEN_TYPE}refresh_token`
export const ID_TOKEN_TYPE = `${TOKEN_TYPE}id_token`
export const JWT_TYPE = `${TOKEN_TYPE}jwt`
