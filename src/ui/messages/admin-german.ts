/** The German messages of the administration page, in addition to those of the API Tokens page. */

import type { AdminMessages } from './messages.ts'

export const adminGerman: AdminMessages = {
  title: 'API-Tokens aller Besitzer',
  introduction:
    'Finden Sie die Tokens von Benutzern, Organisationen und Diensten, sehen Sie ihre Benutzung, und beenden Sie sie.',

  views: 'Ansichten',
  viewTokens: 'Tokens',
  viewOwners: 'Besitzer',

  filters: 'Tokens suchen',
  filterOwner: 'Besitzer',
  filterName: 'Name beginnt mit',
  filterCreatedBy: 'Erzeugt von',
  filterScope: 'Hat die Berechtigung',
  filterUnusedSince: 'Unbenutzt seit (UTC)',
  filterExpiresBefore: 'Läuft ab vor (UTC)',
  moreFilters: 'Weitere Filter',
  anyStatus: 'Jeder Status',
  applyFilters: 'Suchen',
  clearFilters: 'Filter löschen',
  sortFixed: 'Vom Filter sortiert',
  sortExpiry: 'Bald ablaufende zuerst',

  loading: 'Die Tokens werden geladen…',
  emptyTitle: 'Noch keine Tokens',
  emptyText: 'Niemand hat bisher ein API-Token erzeugt.',
  noMatchText: 'Kein Token passt zu diesen Filtern.',
  failedTitle: 'Die Tokens konnten nicht geladen werden',
  failedText: 'Die Tokens funktionieren weiter.',
  signedOutTitle: 'Sie sind nicht als Verwalter angemeldet',
  signedOutText: 'Melden Sie sich mit einem Konto an, das API-Tokens verwaltet.',
  deactivatedText: 'Dieser Besitzer ist deaktiviert oder entfernt und kann keine neuen Tokens haben.',
  errorNoRoute: 'Dieser Dienst hat unter dieser Adresse keine Verwaltung.',

  shownSoFar: { one: '{count} Token gezeigt', other: '{count} Tokens gezeigt' },
  searchedSoFar: {
    one: '{count} Token im bisher durchsuchten Teil. Es kann weitere geben.',
    other: '{count} Tokens im bisher durchsuchten Teil. Es kann weitere geben.',
  },
  loadMore: 'Mehr laden',
  searchFurther: 'Weiter suchen',
  loadingMore: 'Wird gesucht…',

  scopeCount: { one: '{count} Berechtigung', other: '{count} Berechtigungen' },
  showOwner: 'Tokens von {name} zeigen',
  select: '{name} auswählen',
  selectShown: 'Alle gezeigten Tokens auswählen, die nicht beendet sind',
  selectedCount: { one: '{count} Token ausgewählt', other: '{count} Tokens ausgewählt' },
  selectionFull: 'Höchstens {max} Tokens können zugleich ausgewählt werden.',
  clearSelection: 'Auswahl aufheben',
  revokeSelected: { one: '{count} Token widerrufen…', other: '{count} Tokens widerrufen…' },

  revokeManyTitle: { one: '{count} Token widerrufen?', other: '{count} Tokens widerrufen?' },
  revokeManyText: {
    one: 'Programme mit diesem Token werden sofort und dauerhaft abgewiesen. Das lässt sich nicht rückgängig machen.',
    other:
      'Programme mit diesen {count} Tokens werden sofort und dauerhaft abgewiesen. Das lässt sich nicht rückgängig machen.',
  },
  revokeManyConfirm: { one: '{count} Token widerrufen', other: '{count} Tokens widerrufen' },
  ofOwner: 'Besitzer: {name}',
  moreTokens: { one: 'und {count} weiteres', other: 'und {count} weitere' },
  reason: 'Grund',
  reasonNone: 'Kein Grund angegeben',
  reasonLeaked: 'Es wurde bekannt',
  reasonUnused: 'Es wird nicht mehr benutzt',
  reasonReplaced: 'Es wurde ersetzt',
  reasonOther: 'Ein anderer Grund',
  revoking: 'Wird widerrufen…',
  revokeUncertain:
    'Es kam keine Antwort. Einige Tokens können widerrufen sein. Sie können es gefahrlos erneut versuchen.',
  resultTitle: 'Ergebnis',
  resultRevoked: { one: '{count} Token wurde widerrufen.', other: '{count} Tokens wurden widerrufen.' },
  resultEnded: { one: '{count} Token war schon beendet.', other: '{count} Tokens waren schon beendet.' },
  resultUnknown: {
    one: '{count} Token wurde nicht gefunden, dafür wurde nichts widerrufen:',
    other: '{count} Tokens wurden nicht gefunden, dafür wurde nichts widerrufen:',
  },

  scopesHint:
    'Geben Sie nur, was das Programm braucht und der Besitzer haben darf. Später lässt sich das nicht ändern.',
  scopeLost: 'Nicht im Verzeichnis der Berechtigungen',

  dangerZone: 'Beenden',
  metadata: 'Metadaten',
  allowedIps: 'Erlaubte Adressen',
  rateLimit: 'Aufrufgrenze',
  rateLimitText: {
    one: '{count} Aufruf in {seconds} s',
    other: '{count} Aufrufe in {seconds} s',
  },
  allowedIpsHint:
    'Adressen oder CIDR-Bereiche wie 192.0.2.0/24, je Zeile oder durch Kommas getrennt. Leer: jede Adresse.',
  addressRefused: 'Der Dienst hat {address} abgelehnt: {detail}',
  rateMax: 'Aufrufe',
  rateWindow: 'Zeitfenster in Sekunden',
  rateLimitHint:
    'Höchstens so viele Aufrufe je Zeitfenster von bis zu einem Tag (86.400 s). Leer: die Grenze des Dienstes.',
  changeLimits: 'Grenzen ändern',
  limitsTitle: 'Grenzen ändern',
  limitsText: 'Die Grenzen von {name}. Eine Änderung gilt ab dem nächsten Aufruf.',
  limitsChanged: 'Die Grenzen von {name} sind geändert.',
  limitsUncertain:
    'Es kam keine Antwort. Die Grenzen können geändert sein. Sie können es gefahrlos erneut versuchen.',
  limitOvertaken:
    'Diese Grenze hat sich inzwischen geändert. Jetzt gilt: {value}. Speichern Sie erneut, um sie zu ersetzen.',
  noLimit: 'keine Grenze',
  createdByAdmin: '{name} (Verwalter)',
  createdByCode: 'dem Dienst selbst',
  detailsGone: 'Dieses Token gibt es nicht. Vielleicht wurde sein Eintrag gelöscht.',

  ownerTitle: 'Tokens von {name}',
  ownerActive: 'Aktiv',
  ownerInactive: 'Deaktiviert',
  ownerRemoved: 'Entfernt',
  ownerActiveText: 'Die Tokens funktionieren.',
  ownerInactiveText: 'Alle Tokens werden abgewiesen, bis der Besitzer reaktiviert ist.',
  ownerRemovedText:
    'Alle Tokens sind widerrufen, und neue werden abgewiesen, bis der Besitzer reaktiviert ist.',
  ownerUnknownText: 'Von diesem Besitzer ist kein Token bekannt.',
  ownerFailed: 'Der Status des Besitzers konnte nicht geladen werden.',
  ownerCreatedLink: 'Tokens, die {name} erzeugt hat',
  deactivate: 'Deaktivieren…',
  reactivate: 'Reaktivieren…',
  remove: 'Entfernen…',
  revokeAll: 'Alle Tokens widerrufen…',
  deactivateTitle: 'Diesen Besitzer deaktivieren?',
  deactivateText:
    'Alle Tokens von {name} werden abgewiesen, bis Sie den Besitzer reaktivieren. Kein Token wird widerrufen.',
  deactivateConfirm: 'Deaktivieren',
  reactivateTitle: 'Diesen Besitzer reaktivieren?',
  reactivateText:
    'Tokens von {name}, die nicht widerrufen wurden, funktionieren wieder, und neue können erzeugt werden.',
  reactivateConfirm: 'Reaktivieren',
  removeTitle: 'Diesen Besitzer entfernen?',
  removeText:
    'Alle Tokens von {name} werden dauerhaft widerrufen, und neue werden abgewiesen. Das lässt sich nicht rückgängig machen.',
  removeConfirm: 'Entfernen und alle Tokens widerrufen',
  revokeAllTitle: 'Alle Tokens dieses Besitzers widerrufen?',
  revokeAllText:
    'Alle jetzigen Tokens von {name} werden dauerhaft widerrufen, auch solche, die diese Seite nicht zeigt. Der Besitzer bleibt aktiv und kann neue Tokens haben. Das lässt sich nicht rückgängig machen.',
  revokeAllKnown: {
    one: '{count} Token dieses Besitzers wird gezeigt und ist nicht beendet.',
    other: '{count} Tokens dieses Besitzers werden gezeigt und sind nicht beendet.',
  },
  revokeAllMore: 'Der Besitzer hat mehr Tokens, als diese Seite zeigt.',
  revokeAllConfirm: 'Alle Tokens widerrufen',
  wasDeactivated: '{name} ist deaktiviert.',
  wasReactivated: '{name} ist aktiv.',
  wasRemoved: '{name} ist entfernt, und die Tokens sind widerrufen.',
  wereAllRevoked: 'Alle Tokens von {name} sind widerrufen.',

  ownersTitle: 'Besitzer',
  ownersPrefix: 'Id beginnt mit',
  ownersStatus: 'Status des Besitzers',
  ownersNone: 'Kein Besitzer passt.',
  ownersShown: { one: '{count} Besitzer gezeigt', other: '{count} Besitzer gezeigt' },

  findLeaked: 'Bekannt gewordene widerrufen…',
  leakedTitle: 'Bekannt gewordene Tokens widerrufen',
  leakedText:
    'Fügen Sie je Zeile ein geheimes Token ein, höchstens {max}. Jedes wird widerrufen, wem es auch gehört. Der Text wird danach gelöscht und steht nie in einer Adresse.',
  leakedField: 'Geheime Tokens',
  leakedCount: { one: '{count} Token', other: '{count} Tokens' },
  leakedTooMany: 'Höchstens {max} Tokens auf einmal.',
  leakedConfirm: { one: '{count} Token widerrufen', other: '{count} Tokens widerrufen' },
  leakedEnded: 'Das Token ist widerrufen.',
  leakedUnknown:
    'Kein Token gefunden. Vielleicht gehört es zu einem anderen Dienst, oder sein Schlüssel gilt nicht mehr.',
  leakedLine: 'Zeile {line}, endet auf {hint}',

  issueNew: 'Neues Token für einen Besitzer',
  issueTitle: 'Ein Token für einen Besitzer erzeugen',
  issueText:
    'Für ein Dienstkonto, ein Team oder eine Organisation. Sie sehen das geheime Token einmal und geben es weiter.',
  issueOwner: 'Id des Besitzers',
  issueOwnerHint: 'Etwa service:deploy',
  issueConfirm: 'Token erzeugen',
  issuing: 'Wird erzeugt…',
  issued: '{name} wurde erzeugt.',
  issueUncertain:
    'Es kam keine Antwort. Das Token kann trotzdem erzeugt sein: Suchen Sie es in der Liste, bevor Sie es erneut versuchen.',
  errorConflict: 'Das Token oder der Besitzer hat sich inzwischen geändert. Die Liste ist wieder aktuell.',
}
