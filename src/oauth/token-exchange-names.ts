/** The names of token exchange (RFC 8693 §2.1 and §3), for who takes tokens in exchange and who gives them. */

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'

export const ACCESS_TOKEN_TYPE = `${TOKEN_TYPE}access_token`
export const REFRESH_TOKEN_TYPE = `${TOKEN_TYPE}refresh_token`
export const ID_TOKEN_TYPE = `${TOKEN_TYPE}id_token`
export const JWT_TYPE = `${TOKEN_TYPE}jwt`
