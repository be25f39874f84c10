/* pcap/dlt.h - link-layer header types: what the bytes of a packet begin with (pcap_datalink(3PCAP)).
 * Numbers are given out by the tcpdump group, which describes each at https://www.tcpdump.org/linktypes.html.
 * Where a comment names a struct, the header of that subject under pcap/ has it. */
#ifndef lib_pcap_dlt_h
#define lib_pcap_dlt_h

/* Local and wide-area networks of the BSD age. Up to 10 every system agrees with the savefile's LINKTYPE_ values. */
#define DLT_NULL 0                             /* 4 bytes of address family, capturing host's order, then the packet */
#define DLT_EN10MB 1                           /* Ethernet, any speed */
#define DLT_EN3MB 2                            /* experimental 3 Mb/s Ethernet */
#define DLT_AX25 3                             /* amateur radio AX.25, without KISS header */
#define DLT_PRONET 4                           /* Proteon ProNET token ring */
#define DLT_CHAOS 5                            /* MIT Chaosnet */
#define DLT_IEEE802 6                          /* 802.5 token ring */
#define DLT_ARCNET 7                           /* ARCNET with BSD header */
#define DLT_SLIP 8                             /* SLIP with direction and compression header */
#define DLT_PPP 9                              /* PPP, with or without HDLC-like framing */
#define DLT_FDDI 10                            /* FDDI */

/* Values from here to 99 differ between systems; these are Linux's. */
#define DLT_ATM_RFC1483 11                     /* ATM, LLC or SNAP encapsulated (RFC 1483) */
#define DLT_RAW 12                             /* IPv4 or IPv6 packet, told apart by its version field */
#define DLT_SLIP_BSDOS 15                      /* SLIP of BSD/OS */
#define DLT_PPP_BSDOS 16                       /* PPP of BSD/OS */
#define DLT_ATM_CLIP 19                        /* classical IP over ATM, as Linux gives it */
#define DLT_REDBACK_SMARTEDGE 32               /* Redback SmartEdge 400/800 */
#define DLT_PPP_SERIAL 50                      /* PPP in HDLC-like framing (RFC 1662) */
#define DLT_PPP_ETHER 51                       /* PPPoE session packet */
#define DLT_SYMANTEC_FIREWALL 99               /* Symantec Enterprise Firewall */

/* 104 and above: the same number on every system and in savefiles. */
#define DLT_C_HDLC 104                         /* Cisco HDLC */
#define DLT_CHDLC DLT_C_HDLC
#define DLT_IEEE802_11 105                     /* 802.11 */
#define DLT_FRELAY 107                         /* Frame Relay, LAPF header */
#define DLT_LOOP 108                           /* as DLT_NULL, but the address family is big-endian */
#define DLT_ENC 109                            /* OpenBSD IPsec encapsulation */
#define DLT_HDLC 112                           /* NetBSD generic HDLC */
#define DLT_LINUX_SLL 113                      /* Linux cooked, sll_header */
#define DLT_LTALK 114                          /* Apple LocalTalk */
#define DLT_ECONET 115                         /* Acorn Econet */
#define DLT_IPFILTER 116                       /* ipfilter log */
#define DLT_PFLOG 117                          /* OpenBSD packet filter log */
#define DLT_CISCO_IOS 118                      /* Cisco internal */
#define DLT_PRISM_HEADER 119                   /* 802.11 after Prism header */
#define DLT_AIRONET_HEADER 120                 /* 802.11 after Aironet header */
#define DLT_HHDLC 121                          /* Siemens HiPath HDLC */
#define DLT_IP_OVER_FC 122                     /* IP over Fibre Channel (RFC 2625) */
#define DLT_SUNATM 123                         /* ATM as SunATM gives it */
#define DLT_RIO 124                            /* RapidIO */
#define DLT_PCI_EXP 125                        /* PCI Express */
#define DLT_AURORA 126                         /* Xilinx Aurora */
#define DLT_IEEE802_11_RADIO 127               /* 802.11 after radiotap header */
#define DLT_TZSP 128                           /* Tazmen sniffer protocol */
#define DLT_ARCNET_LINUX 129                   /* ARCNET with Linux header */
#define DLT_JUNIPER_MLPPP 130                  /* Juniper multi-link PPP */
#define DLT_JUNIPER_MLFR 131                   /* Juniper multi-link Frame Relay */
#define DLT_JUNIPER_ES 132                     /* Juniper encryption services */
#define DLT_JUNIPER_GGSN 133                   /* Juniper GGSN */
#define DLT_JUNIPER_MFR 134                    /* Juniper FRF.16 Frame Relay */
#define DLT_JUNIPER_ATM2 135                   /* Juniper ATM, second card */
#define DLT_JUNIPER_SERVICES 136               /* Juniper advanced services */
#define DLT_JUNIPER_ATM1 137                   /* Juniper ATM, first card */
#define DLT_APPLE_IP_OVER_IEEE1394 138         /* IP over FireWire, Apple's header */
#define DLT_MTP2_WITH_PHDR 139                 /* SS7 MTP2 after pseudo-header */
#define DLT_MTP2 140                           /* SS7 MTP2 */
#define DLT_MTP3 141                           /* SS7 MTP3 */
#define DLT_SCCP 142                           /* SS7 SCCP */
#define DLT_DOCSIS 143                         /* DOCSIS MAC frame */
#define DLT_LINUX_IRDA 144                     /* IrDA after cooked header */
#define DLT_IBM_SP 145                         /* IBM SP switch */
#define DLT_IBM_SN 146                         /* IBM next-generation switch */
#define DLT_USER0 147                          /* 147-162: private use, never assigned */
#define DLT_USER1 148
#define DLT_USER2 149
#define DLT_USER3 150
#define DLT_USER4 151
#define DLT_USER5 152
#define DLT_USER6 153
#define DLT_USER7 154
#define DLT_USER8 155
#define DLT_USER9 156
#define DLT_USER10 157
#define DLT_USER11 158
#define DLT_USER12 159
#define DLT_USER13 160
#define DLT_USER14 161
#define DLT_USER15 162
#define DLT_IEEE802_11_RADIO_AVS 163           /* 802.11 after AVS header */
#define DLT_JUNIPER_MONITOR 164                /* Juniper passive monitor */
#define DLT_BACNET_MS_TP 165                   /* BACnet MS/TP */
#define DLT_PPP_PPPD 166                       /* PPP, address byte tells the direction, as pppd gives it */
#define DLT_PPP_WITH_DIRECTION DLT_PPP_PPPD
#define DLT_LINUX_PPP_WITHDIRECTION DLT_PPP_PPPD
#define DLT_JUNIPER_PPPOE 167                  /* Juniper PPPoE */
#define DLT_JUNIPER_PPPOE_ATM 168              /* Juniper PPPoE over ATM */
#define DLT_GPRS_LLC 169                       /* GPRS logical link */
#define DLT_GPF_T 170                          /* transparent GFP (G.7041) */
#define DLT_GPF_F 171                          /* frame-mapped GFP (G.7041) */
#define DLT_GCOM_T1E1 172                      /* Gcom T1/E1 */
#define DLT_GCOM_SERIAL 173                    /* Gcom serial */
#define DLT_JUNIPER_PIC_PEER 174               /* Juniper internal, between cards */
#define DLT_ERF_ETH 175                        /* Ethernet after Endace ERF header */
#define DLT_ERF_POS 176                        /* packet over SONET after Endace ERF header */
#define DLT_LINUX_LAPD 177                     /* vISDN LAPD after cooked header */
#define DLT_JUNIPER_ETHER 178                  /* Juniper Ethernet */
#define DLT_JUNIPER_PPP 179                    /* Juniper PPP */
#define DLT_JUNIPER_FRELAY 180                 /* Juniper Frame Relay */
#define DLT_JUNIPER_CHDLC 181                  /* Juniper Cisco HDLC */
#define DLT_MFR 182                            /* multi-link Frame Relay (FRF.16) */
#define DLT_JUNIPER_VP 183                     /* Juniper voice */
#define DLT_A429 184                           /* ARINC 429 */
#define DLT_A653_ICM 185                       /* ARINC 653 interpartition messages */
#define DLT_USB_FREEBSD 186                    /* USB with FreeBSD header */
#define DLT_USB DLT_USB_FREEBSD
#define DLT_BLUETOOTH_HCI_H4 187               /* Bluetooth HCI, UART framing */
#define DLT_IEEE802_16_MAC_CPS 188             /* 802.16 WiMAX MAC common part */
#define DLT_USB_LINUX 189                      /* USB, pcap_usb_header */
#define DLT_CAN20B 190                         /* CAN 2.0B */
#define DLT_IEEE802_15_4_LINUX 191             /* 802.15.4, addresses padded by Linux */
#define DLT_PPI 192                            /* per-packet information header */
#define DLT_IEEE802_16_MAC_CPS_RADIO 193       /* 802.16 after radiotap header */
#define DLT_JUNIPER_ISM 194                    /* Juniper integrated services */
#define DLT_IEEE802_15_4_WITHFCS 195           /* 802.15.4 with FCS */
#define DLT_IEEE802_15_4 DLT_IEEE802_15_4_WITHFCS
#define DLT_SITA 196                           /* SITA WAN after pseudo-header */
#define DLT_ERF 197                            /* any Endace ERF record */
#define DLT_RAIF1 198                          /* Ethernet after u10 Networks header */
#define DLT_IPMB_KONTRON 199                   /* IPMB after Kontron header */
#define DLT_JUNIPER_ST 200                     /* Juniper secure tunnel */
#define DLT_BLUETOOTH_HCI_H4_WITH_PHDR 201     /* Bluetooth HCI, pcap_bluetooth_h4_header */
#define DLT_AX25_KISS 202                      /* amateur radio AX.25 after KISS byte */
#define DLT_LAPD 203                           /* ISDN LAPD (Q.921) */
#define DLT_PPP_WITH_DIR 204                   /* 204-207: a byte before the frame, 0 = received, 1 = sent */
#define DLT_C_HDLC_WITH_DIR 205
#define DLT_FRELAY_WITH_DIR 206
#define DLT_LAPB_WITH_DIR 207
#define DLT_I2C_LINUX 209                      /* I2C (IPMB) after Linux header */
#define DLT_IPMB_LINUX DLT_I2C_LINUX
#define DLT_FLEXRAY 210                        /* FlexRay */
#define DLT_MOST 211                           /* MOST */
#define DLT_LIN 212                            /* LIN bus */
#define DLT_X2E_SERIAL 213                     /* X2E serial line */
#define DLT_X2E_XORAYA 214                     /* X2E Xoraya logger */
#define DLT_IEEE802_15_4_NONASK_PHY 215        /* 802.15.4 after PHY header */
#define DLT_LINUX_EVDEV 216                    /* Linux input events */
#define DLT_GSMTAP_UM 217                      /* GSM Um with GSMTAP header */
#define DLT_GSMTAP_ABIS 218                    /* GSM Abis with GSMTAP header */
#define DLT_MPLS 219                           /* MPLS label stack first */
#define DLT_USB_LINUX_MMAPPED 220              /* USB, pcap_usb_header_mmapped */
#define DLT_DECT 221                           /* DECT */
#define DLT_AOS 222                            /* CCSDS AOS space data link */
#define DLT_WIHART 223                         /* WirelessHART */
#define DLT_FC_2 224                           /* Fibre Channel FC-2 */
#define DLT_FC_2_WITH_FRAME_DELIMS 225         /* the same with frame delimiters */
#define DLT_IPNET 226                          /* Solaris IP observability, see pcap/ipnet.h */
#define DLT_CAN_SOCKETCAN 227                  /* CAN, CAN FD and CAN XL, see pcap/can_socketcan.h */
#define DLT_IPV4 228                           /* IPv4 packet */
#define DLT_IPV6 229                           /* IPv6 packet */
#define DLT_IEEE802_15_4_NOFCS 230             /* 802.15.4 without FCS */
#define DLT_DBUS 231                           /* D-Bus messages */
#define DLT_JUNIPER_VS 232                     /* Juniper virtual server */
#define DLT_JUNIPER_SRX_E2E 233                /* Juniper SRX end-to-end */
#define DLT_JUNIPER_FIBRECHANNEL 234           /* Juniper Fibre Channel */
#define DLT_DVB_CI 235                         /* DVB common interface */
#define DLT_MUX27010 236                       /* 3GPP 27.010 multiplexing */
#define DLT_STANAG_5066_D_PDU 237              /* STANAG 5066 HF radio */
#define DLT_JUNIPER_ATM_CEMIC 238              /* Juniper ATM circuit emulation */
#define DLT_NFLOG 239                          /* netfilter log, see pcap/nflog.h */
#define DLT_NETANALYZER 240                    /* Ethernet after netANALYZER header */
#define DLT_NETANALYZER_TRANSPARENT 241        /* the same with preamble and SFD */
#define DLT_IPOIB 242                          /* IP over InfiniBand (RFC 4391) */
#define DLT_MPEG_2_TS 243                      /* MPEG-2 transport stream */
#define DLT_NG40 244                           /* ng40 Iub/Iur tester */
#define DLT_NFC_LLCP 245                       /* NFC LLCP after pseudo-header */
#define DLT_PFSYNC 246                         /* packet filter state synchronisation */
#define DLT_INFINIBAND 247                     /* InfiniBand */
#define DLT_SCTP 248                           /* SCTP without IP */
#define DLT_USBPCAP 249                        /* USB as Windows' USBPcap gives it */
#define DLT_RTAC_SERIAL 250                    /* Schweitzer RTAC serial line */
#define DLT_BLUETOOTH_LE_LL 251                /* Bluetooth LE link layer */
#define DLT_WIRESHARK_UPPER_PDU 252            /* a dissector's payload, exported by Wireshark */
#define DLT_NETLINK 253                        /* Linux netlink */
#define DLT_BLUETOOTH_LINUX_MONITOR 254        /* Bluetooth, pcap_bluetooth_linux_monitor_header */
#define DLT_BLUETOOTH_BREDR_BB 255             /* Bluetooth BR/EDR baseband */
#define DLT_BLUETOOTH_LE_LL_WITH_PHDR 256      /* Bluetooth LE link layer after pseudo-header */
#define DLT_PROFIBUS_DL 257                    /* PROFIBUS data link */
#define DLT_PKTAP 258                          /* Apple packet tap */
#define DLT_EPON 259                           /* Ethernet with EPON preamble */
#define DLT_IPMI_HPM_2 260                     /* IPMI trace (PICMG HPM.2) */
#define DLT_ZWAVE_R1_R2 261                    /* Z-Wave R1 and R2 */
#define DLT_ZWAVE_R3 262                       /* Z-Wave R3 */
#define DLT_WATTSTOPPER_DLM 263                /* WattStopper lighting bus */
#define DLT_ISO_14443 264                      /* contactless cards */
#define DLT_RDS 265                            /* radio data system groups */
#define DLT_USB_DARWIN 266                     /* USB with Darwin header */
#define DLT_OPENFLOW 267                       /* OpenFlow, OpenBSD header */
#define DLT_SDLC 268                           /* IBM SDLC */
#define DLT_TI_LLN_SNIFFER 269                 /* Texas Instruments sniffer */
#define DLT_LORATAP 270                        /* LoRa */
#define DLT_VSOCK 271                          /* Linux vsock monitor */
#define DLT_NORDIC_BLE 272                     /* Nordic Bluetooth LE sniffer */
#define DLT_DOCSIS31_XRA31 273                 /* DOCSIS 3.1 from an XRA-31 */
#define DLT_ETHERNET_MPACKET 274               /* Ethernet frame fragments (802.3br) */
#define DLT_DISPLAYPORT_AUX 275                /* DisplayPort auxiliary channel */
#define DLT_LINUX_SLL2 276                     /* Linux cooked, sll2_header */
#define DLT_SERCOS_MONITOR 277                 /* Sercos monitor */
#define DLT_OPENVIZSLA 278                     /* OpenVizsla USB sniffer */
#define DLT_EBHSCR 279                         /* Elektrobit capture and replay */
#define DLT_VPP_DISPATCH 280                   /* VPP graph dispatch trace */
#define DLT_DSA_TAG_BRCM 281                   /* Ethernet with Broadcom switch tag */
#define DLT_DSA_TAG_BRCM_PREPEND 282           /* Ethernet after Broadcom switch tag */
#define DLT_IEEE802_15_4_TAP 283               /* 802.15.4 after TAP header */
#define DLT_DSA_TAG_DSA 284                    /* Ethernet with Marvell switch tag */
#define DLT_DSA_TAG_EDSA 285                   /* Ethernet with Marvell tag of EtherType form */
#define DLT_ELEE 286                           /* lawful interception */
#define DLT_Z_WAVE_SERIAL 287                  /* Z-Wave between host and chip */
#define DLT_USB_2_0 288                        /* USB 1.0 to 2.0 as on the wire */
#define DLT_ATSC_ALP 289                       /* ATSC link-layer protocol */

/* Numbers given after libpcap 1.10.3. */
#define DLT_ETW 290                            /* Event Tracing for Windows */
#define DLT_NETANALYZER_NG 291                 /* Hilscher netANALYZER NG */
#define DLT_ZBOSS_NCP 292                      /* ZBOSS Zigbee co-processor */
#define DLT_USB_2_0_LOW_SPEED 293              /* 293-295: USB as on the wire, of one speed */
#define DLT_USB_2_0_FULL_SPEED 294
#define DLT_USB_2_0_HIGH_SPEED 295
#define DLT_AUERSWALD_LOG 296                  /* Auerswald PBX log */
#define DLT_ZWAVE_TAP 297                      /* Z-Wave after TAP header */
#define DLT_SILABS_DEBUG_CHANNEL 298           /* Silicon Labs debug channel */
#define DLT_FIRA_UCI 299                       /* FiRa ultra-wideband command interface */
#define DLT_MDB 300                            /* MDB/ICP vending machines */
#define DLT_DECT_NR 301                        /* DECT-2020 new radio */
#define DLT_EDK2_MM 302                        /* EDK II management mode */
#define DLT_DEBUG_ONLY 303                     /* unstructured debug records */
#define DLT_DECT_NR_TAP 304                    /* DECT-2020 after TAP header */

/* Ranges in which a DLT_ and the LINKTYPE_ of a savefile are the same number everywhere. */
#define DLT_LOW_MATCHING_MIN DLT_NULL
#define DLT_LOW_MATCHING_MAX DLT_FDDI
#define DLT_HIGH_MATCHING_MIN DLT_C_HDLC
#define DLT_HIGH_MATCHING_MAX DLT_DECT_NR_TAP

/* The upper range as libpcap 1.10.3 knew it. */
#define DLT_MATCHING_MIN DLT_C_HDLC
#define DLT_MATCHING_MAX DLT_ATSC_ALP

/* Classes of types in the upper half of the number. The one there is, is NetBSD's: 0x0224 and an address family. */
#define DLT_CLASS(x) ((x) & 0x03ff0000)
#define DLT_CLASS_NETBSD_RAWAF 0x02240000
#define DLT_NETBSD_RAWAF(af) (DLT_CLASS_NETBSD_RAWAF | (af))
#define DLT_NETBSD_RAWAF_AF(x) ((x) & 0x0000ffff)
#define DLT_IS_NETBSD_RAWAF(x) (DLT_CLASS(x) == DLT_CLASS_NETBSD_RAWAF)

#endif
