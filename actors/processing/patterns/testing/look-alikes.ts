/**
 * Lines as many kinds of software write them, made up for this test, by the statement of the
 * program that wrote them: all lines of an inner list are one pattern, and no other line is.
 */
export const LOOK_ALIKES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'a phone': [
    [
      '03-17 16:13:38.811  1702  2395 D WindowManager: printFreezing wtoken = AppToken{9f4ef63 token=Token{a64f992 Record{de9231d u0 com.example.chat/.activity.Detail t761}}}, allDrawn= false, moved =  false',
      '03-17 16:13:40.002  1702  8671 D WindowManager: printFreezing wtoken = AppToken{1a2b3c4 token=Token{ffb2017 Record{0c0ffee u0 com.example.mail/.ui.Inbox t802}}}, allDrawn= true, moved =  true',
    ],
    [
      '03-17 16:13:38.839  1702  2113 V WindowManager: Skipping Window{b9f2d9 u0 SearchPanel} of token null',
      '03-17 16:13:39.100  1702  2113 V WindowManager: Skipping Window{77aa01 u0 SearchPanel} of token null',
    ],
    [
      '03-17 16:13:38.905  1702  3697 D PowerManager: acquire lock=233570404, flags=0x1, tag="RILJ", name=com.example.phone, ws=null, uid=1001, pid=2626',
      '03-17 16:13:41.520  1702 17632 D PowerManager: acquire lock=189667585, flags=0x1, tag="*alarm*", name=android, ws=Work{10111}, uid=1000, pid=1702',
    ],
    [
      '03-17 16:15:02.871  2227  2227 I PanelView: onTouchEvent action: ACTION_DOWN, x=541.3, y=20.0, expanded=false',
      '03-17 16:15:09.310  2227  2227 I PanelView: onTouchEvent action: ACTION_DOWN, x=12.0, y=1881.25, expanded=true',
    ],
  ],
  'a Unix host with syslog': [
    [
      'Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4 ',
      'Jun 15 02:04:59 combo sshd(pam_unix)[20882]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=line-75-131.example.net ',
    ],
    [
      'Jun 15 12:12:34 combo sshd(pam_unix)[23397]: check pass; user unknown',
      'Jul  9 12:16:48 combo sshd(pam_unix)[23410]: check pass; user unknown',
    ],
    [
      'Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user cyrus by (uid=0)',
      'Jun 16 04:10:22 combo su(pam_unix)[25178]: session opened for user news by (uid=0)',
    ],
    [
      'Jun 15 04:06:19 combo su(pam_unix)[21416]: session closed for user cyrus',
      'Jun 16 04:10:23 combo su(pam_unix)[25178]: session closed for user news',
    ],
    [
      'Jun 17 07:07:00 combo ftpd[29504]: connection from 207.30.238.8 (host8.example.org) at Fri Jun 17 07:07:00 2005 ',
      'Jun 18 02:08:10 combo ftpd[31272]: connection from 82.252.162.81 (lns-th2-82.example.fr) at Sat Jun 18 02:08:10 2005 ',
    ],
    [
      'Jul 27 14:41:59 combo kernel: klogd 1.4.1, log source = /proc/kmsg started.',
      'Aug 29 07:22:24 combo kernel: klogd 1.4.1, log source = /proc/kmsg started.',
    ],
    [
      'Jun 20 04:02:54 combo logrotate: ALERT exited abnormally with [1]',
      'Jul 21 04:03:11 combo logrotate: ALERT exited abnormally with [1]',
    ],
  ],
  'a desktop': [
    [
      'Jul  1 09:00:55 calvisit-10-105-160-95 kernel[0]: ThunderSwitch<0>(0x0)::listener - HPD packet for route = 0x0 port = 11 unplug = 0',
      'Jul  3 11:21:08 annesMacBook-Pro kernel[0]: ThunderSwitch<0>(0x0)::listener - HPD packet for route = 0x0 port = 12 unplug = 1',
    ],
    [
      'Jul  1 09:01:05 calvisit-10-105-160-95 com.apple.CDScheduler[43]: Thermal pressure state: 1 Memory pressure state: 0',
      'Jul  2 18:44:00 annesMacBook-Pro com.apple.CDScheduler[258]: Thermal pressure state: 0 Memory pressure state: 0',
    ],
    [
      "Jul  1 09:02:26 calvisit-10-105-160-95 kernel[0]: ARPT: 620701.011328: wl0: setDISASSOC_FROM_AP['disassociated']",
      "Jul  4 10:10:01 annesMacBook-Pro kernel[0]: ARPT: 689432.5: wl0: setDISASSOC_FROM_AP['roamed']",
    ],
    [
      'Jul  1 09:03:18 calvisit-10-105-160-95 QQ[10018]: FA||Url||taskID[2019352994] dealloc',
      'Jul  1 09:05:00 annesMacBook-Pro QQ[10018]: FA||Url||taskID[2019353117] dealloc',
    ],
  ],
  'a cluster of batch jobs': [
    [
      '2015-10-18 18:01:47,978 INFO [main] org.example.batch.AppMaster: Created AppMaster for application appattempt_1445144423722_0020_000001',
      '2015-10-18 18:09:12,004 INFO [main] org.example.batch.AppMaster: Created AppMaster for application appattempt_1445144423722_0024_000002',
    ],
    [
      '2015-10-18 18:01:53,713 INFO [AsyncDispatcher event handler] org.example.batch.TaskImpl: task_1445144423722_0020_m_000001 Task Transitioned from NEW to SCHEDULED',
      '2015-10-18 18:01:54,100 INFO [Thread-50] org.example.batch.TaskImpl: task_1445144423722_0020_m_000009 Task Transitioned from NEW to SCHEDULED',
    ],
    [
      '2015-10-18 18:02:30,106 INFO [IPC Server handler 13 on 62270] org.example.batch.Listener: Progress of TaskAttempt attempt_1445144423722_0020_m_000002_0 is : 0.295472',
      '2015-10-18 18:02:30,300 INFO [IPC Server handler 3 on 62270] org.example.batch.Listener: Progress of TaskAttempt attempt_1445144423722_0020_m_000000_0 is : 1.0',
    ],
    [
      '2015-10-18 18:06:26,112 WARN [LeaseRenewer:msra@mini:9000] org.example.dfs.LeaseRenewer: Failed to renew lease for [DFSClient_NONMAPREDUCE_1537864556_1] for 51 seconds.  Will retry shortly ...',
      '2015-10-18 18:06:27,115 WARN [LeaseRenewer:msra@mini:9000] org.example.dfs.LeaseRenewer: Failed to renew lease for [DFSClient_NONMAPREDUCE_1537864556_1] for 52 seconds.  Will retry shortly ...',
    ],
  ],
  'a supercomputer': [
    [
      '- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root',
      '- 1131566479 2005.11.09 dn596 Nov 9 12:01:19 dn596/dn596 crond(pam_unix)[2727]: session closed for user root',
    ],
    [
      '- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2916]: (root) CMD (run-parts /etc/cron.hourly)',
      '- 1131567000 2005.11.09 dn731 Nov 9 12:10:00 dn731/dn731 crond[2919]: (root) CMD (run-parts /etc/cron.daily)',
    ],
    [
      '- 1131566486 2005.11.09 admin1 Nov 9 12:01:26 local@admin1 dhcpd: DHCPDISCOVER from 00:11:43:e3:ba:c3 via eth1: network A_net: no free leases',
      '- 1131566490 2005.11.09 admin2 Nov 9 12:01:30 local@admin2 dhcpd: DHCPDISCOVER from aa:bb:cc:dd:ee:0f via eth0: network A_net: no free leases',
    ],
    [
      '460903 node-235 unix.hw state_change.unavailable 1145552216 1 Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID=3180)',
      '460904 node-17 unix.hw state_change.unavailable 1145552300 1 Component State Change: Component \\042scip3\\042 is in the unavailable state (HWID=77)',
    ],
    [
      '101 node-70 action error 1074119817 1 clusterAddMember (command 1902)',
      '114 node-3 action error 1074119999 1 clusterAddMember (command 7)',
    ],
    [
      '2571 gige7 gige temperature 1084689840 1 Fan speeds ( 3552 3534 3375 4245 3515 3479 )',
      '2580 gige7 gige temperature 1084690000 1 Fan speeds ( 3552 3534 3375 )',
    ],
  ],
  'a proxy': [
    [
      '[10.30 16:49:06] chrome.exe - proxy.example.edu:5070 open through proxy proxy.example.edu:5070 HTTPS',
      '[10.30 16:49:09] chrome.exe - www.example.com:443 open through proxy proxy.example.edu:5070 HTTPS',
      '[10.30 16:49:09] MailClient.exe - imap.example.com:993 open through proxy proxy.example.edu:5070 HTTPS',
    ],
    [
      '[10.30 16:49:08] chrome.exe - proxy.example.edu:5070 close, 451 bytes sent, 8026 bytes received, lifetime <1 sec',
      '[10.30 16:50:31] chrome.exe - cdn.example.org:80 close, 0 bytes sent, 0 bytes received, lifetime 01:02',
    ],
    [
      '[10.30 17:02:00] chrome.exe - a.example.com:443 error : Could not connect through proxy proxy.example.edu:5070 - Proxy server cannot establish a connection with the target, status code 403',
      '[10.30 17:02:00] chrome.exe - b.example.com:443 error : Could not connect through proxy proxy.example.edu:5070 - Proxy server cannot establish a connection with the target, status code 503',
    ],
  ],
  'an app that counts steps': [
    [
      '20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579',
      '20171223-22:15:30:1|Step_LSC|30002312|onStandStepChanged 3580',
    ],
    [
      '20171223-22:15:29:615|Step_LSC|30002312|onExtend:1514038530000 14 0 4',
      '20171223-22:15:41:672|Step_LSC|30002312|onExtend:1514038541000 7 0 4',
    ],
    [
      '20171223-22:15:29:633|Step_StandReportReceiver|30002312|onReceive action: android.intent.action.SCREEN_ON',
      '20171223-22:19:00:300|Step_StandReportReceiver|30002312|onReceive action: android.intent.action.SCREEN_ON',
    ],
    [
      '20171223-22:16:01:110|Step_StandReportReceiver|30002312|onReceive action: android.intent.action.SCREEN_OFF',
    ],
    [
      '20171223-22:15:29:635|Step_SPUtils|30002312|setTodayTotalDetailSteps=1514038440000##7007##548365##8661##12361##27173954',
      '20171223-22:15:30:635|Step_SPUtils|30002312|setTodayTotalDetailSteps=1514038440000##7008##548365##8661',
    ],
    [
      '20171223-22:15:29:738|Step_SPUtils|30002312| getTodayTotalDetailSteps = 1514038440000##6993##548365',
      '20171223-22:15:30:738|Step_SPUtils|30002312| getTodayTotalDetailSteps = 1514038440000##7008',
    ],
  ],
  'a cloud': [
    [
      'compute.log.1 2017-05-16 00:00:04.500 2931 INFO cloud.compute.manager [req-3ea4052c-895d-4b64-9e2d-04d64c4d94ab - - - - -] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Started (Lifecycle Event)',
      'compute.log.1 2017-05-16 00:02:10.001 2931 INFO cloud.compute.manager [req-3ea4052c-895d-4b64-9e2d-04d64c4d94ab - - - - -] [instance: 127e769a-4fe6-4548-93b1-513ac51e0452] VM Started (Lifecycle Event)',
    ],
    [
      'compute.log.1 2017-05-16 00:00:04.562 2931 INFO cloud.compute.manager [req-3ea4052c-895d-4b64-9e2d-04d64c4d94ab - - - - -] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Paused (Lifecycle Event)',
    ],
    [
      'compute.log.1 2017-05-16 00:00:10.285 2931 INFO cloud.compute.manager [req-3ea4052c-895d-4b64-9e2d-04d64c4d94ab - - - - -] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Resumed (Lifecycle Event)',
    ],
    [
      'compute.log.1 2017-05-16 00:00:20.285 2931 INFO cloud.compute.manager [req-3ea4052c-895d-4b64-9e2d-04d64c4d94ab - - - - -] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Stopped (Lifecycle Event)',
    ],
    [
      'api.log.1 2017-05-16 00:00:00.008 25746 INFO cloud.api.wsgi.server [req-38101a0b-2096-447d-96ea-a692162415ae 113d3a99c3da401fbd62cc2caa5b96d2 54fadb412c4e40cdbaed9335e4c35a9e - - -] 10.11.10.1 "GET /v2/54fadb412c4e40cdbaed9335e4c35a9e/servers/detail HTTP/1.1" status: 200 len: 1893 time: 0.2477829',
      'api.log.1 2017-05-16 00:00:01.551 25746 INFO cloud.api.wsgi.server [req-d6986b54-3735-4a42-9074-0ba7d9717de8 113d3a99c3da401fbd62cc2caa5b96d2 54fadb412c4e40cdbaed9335e4c35a9e - - -] 10.11.10.1 "GET /v2/54fadb412c4e40cdbaed9335e4c35a9e/flavors/2 HTTP/1.1" status: 404 len: 7 time: 1.5',
    ],
    [
      'compute.log.1 2017-05-16 00:00:05.185 2931 WARNING cloud.virt.imagecache [req-addc1839-2ed5-4778-b57e-5854eb7b8b09 - - - - -] Unknown base file: /var/lib/instances/_base/a489c868f0c37da93b76227c91bb03908ac0e742',
      'compute.log.1 2017-05-16 00:00:15.185 2931 WARNING cloud.virt.imagecache [req-addc1839-2ed5-4778-b57e-5854eb7b8b09 - - - - -] Unknown base file: /var/lib/instances/_base/fcd1c868f0c37da93b76227c91bb03908ac0e742',
    ],
  ],
  'an operating system with updates': [
    [
      '2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\amd64_stack_31bf3856ad364e35\\core.dll',
      '2016-09-29 02:04:31, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: D:\\Windows\\winsxs\\core.dll',
    ],
    [
      '2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d)',
      '2016-09-29 04:30:31, Info                  CSI    00000002@2016/9/28:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d @0xff83e474)',
    ],
    [
      '2016-09-28 04:30:31, Info                  CBS    Read out cached package applicability for package: Package_for_KB2928120~31bf3856ad364e35~amd64~~6.1.1.0, ApplicableState: 112, CurrentState:112',
      '2016-09-28 04:30:31, Info                  CBS    Read out cached package applicability for package: Package_for_KB3042553~31bf3856ad364e35~amd64~~6.1.1.2, ApplicableState: 0, CurrentState:0',
    ],
    [
      '2016-09-28 04:30:31, Info                  CBS    Warning: Unrecognized packageExtended attribute.',
    ],
  ],
  'services with key=value': [
    [
      'time=2026-01-02T03:04:05Z level=info msg="user signed in" user=ann source=web',
      'time=2026-01-02T03:05:00Z level=info msg="user signed in" user=bob source=phone',
    ],
    ['time=2026-01-02T03:06:00Z level=info msg="user signed out" user=bob source=phone'],
    [
      '{"level":"info","msg":"cache filled","items":12}',
      '{"level":"warn","msg":"cache filled","items":7}',
    ],
    ['{"level":"info","msg":"cache emptied","items":0}'],
  ],
}
